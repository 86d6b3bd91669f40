//! What our method is measured against.
