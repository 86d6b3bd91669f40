"""Writers of CVXPY scripts, one module a system."""
