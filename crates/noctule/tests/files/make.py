"""The files beside this script, as MATLAB's versions write them: version 6 and 7 by SciPy, 7.3 by
h5py with MATLAB's attributes, references and reversed axes.

    python make.py        # needs numpy, scipy, h5py
"""

from pathlib import Path

import h5py
import numpy as np
import scipy.io

HERE = Path(__file__).resolve().parent
USERS, ANTENNAS = 2, 3
N, K = np.meshgrid(np.arange(ANTENNAS), np.arange(USERS), indexing="ij")
#: antenna × user, entry n + 10 k + j (n - k)
H = (N + 10.0 * K) + 1j * (N - K)
CUBE = np.arange(24.0).reshape(2, 3, 4)
CELL = np.array([[np.arange(3.0).reshape(1, 3)], [H]], dtype=object)

CONTENT = {
    "H": H,
    "single": H.astype(np.complex64),
    "gain": np.array([[1, 2, 3]], dtype=np.int16),
    "cube": CUBE,
    "flag": np.array([[True, False]]),
    "note": "words",
    "chan": {"H": H, "power": 2.5, "deep": {"gain": np.array([[7.0, 8.0]])}},
    "cell": CELL,
}

scipy.io.savemat(HERE / "v6.mat", CONTENT, do_compression=False)
scipy.io.savemat(HERE / "v7.mat", CONTENT, do_compression=True)


def number(group: h5py.Group, name: str, value: np.ndarray, kind: str = "double",
           **options: object) -> h5py.Dataset:
    value = np.atleast_2d(value).T  # MATLAB's axes lie in reverse
    if np.iscomplexobj(value):
        part = "f4" if value.dtype == np.complex64 else "f8"
        pairs = np.empty(value.shape, dtype=[("real", part), ("imag", part)])
        pairs["real"], pairs["imag"] = value.real, value.imag
        value = pairs
    made = group.create_dataset(name, data=value, track_times=False, **options)
    made.attrs["MATLAB_class"] = np.bytes_(kind)
    return made


with h5py.File(HERE / "v73.mat", "w", userblock_size=512) as file:
    number(file, "H", H, chunks=(2, 2), compression="gzip", shuffle=True)
    number(file, "single", H.astype(np.complex64), "single")
    number(file, "gain", CONTENT["gain"], "int16")
    number(file, "cube", CUBE, chunks=(3, 2, 1), compression="gzip", fletcher32=True)
    number(file, "flag", CONTENT["flag"].astype(np.uint8), "logical")
    number(file, "note", np.frombuffer("words".encode("utf-16-le"), np.uint16), "char")
    chan = file.create_group("chan")
    chan.attrs["MATLAB_class"] = np.bytes_("struct")
    number(chan, "H", H)
    number(chan, "power", np.array(2.5))
    deep = chan.create_group("deep")
    deep.attrs["MATLAB_class"] = np.bytes_("struct")
    number(deep, "gain", np.array([[7.0, 8.0]]))
    hidden = file.create_group("#refs#")
    first, second = number(hidden, "a", CELL[0, 0]), number(hidden, "b", H)
    cells = np.array([[first.ref, second.ref]], dtype=h5py.ref_dtype)
    made = file.create_dataset("cell", data=cells, dtype=h5py.ref_dtype, track_times=False)
    made.attrs["MATLAB_class"] = np.bytes_("cell")
    nothing = number(file, "nothing", np.array([0, 0], dtype=np.uint64))
    nothing.attrs["MATLAB_empty"] = np.uint8(1)
with (HERE / "v73.mat").open("r+b") as raw:
    raw.write(b"MATLAB 7.3 MAT-file, written as MATLAB does".ljust(124) + b"\x00\x02IM")
