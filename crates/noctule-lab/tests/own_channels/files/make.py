"""The files beside this script, as NumPy and h5py write them: channels `entry(place)` of the test, in another
order of axes that the file says itself, in a group, with what is not used beside them, and as Sionna has them.

    python make.py        # needs numpy, h5py
"""

from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).resolve().parent
K = np.arange(3 * 2 * 4)
TURN = ((K * 7919 + 1) % 1009) / 1009 - 0.5 + 1j * (((K * 7919 + 504) % 1009) / 1009 - 0.5)
H = TURN.reshape(3, 2, 4)  # trial, user, antenna
TURNED = H.transpose(1, 2, 0)

np.savez(HERE / "plain.npz", channels=H, axes="trial,user,antenna")
np.savez(HERE / "axes.npz", channels=TURNED, axes="user, antenna, trial")
np.savez(HERE / "list.npz", channels=TURNED, axes=["user", "antenna", "trial"])
np.savez(HERE / "number.npz", channels=TURNED, axes=[1, 2, 0])
np.savez(HERE / "beside.npz", H=H, estimates=H, error_covariances=np.eye(4)[None].repeat(2, 0))
np.savez(HERE / "two.npz", H=H, G=H)
np.savez(HERE / "real.npz", channels=H.real)
with h5py.File(HERE / "axes.h5", "w") as file:
    file["channels"] = TURNED
    file["axes"] = "user,antenna,trial"
with h5py.File(HERE / "fixed.h5", "w") as file:
    file["channels"] = TURNED
    file["axes"] = np.bytes_("user,antenna,trial")
with h5py.File(HERE / "group.h5", "w") as file:
    file["scene/channels"] = H
    file["other"] = np.zeros(3)
# Sionna: batch, rx, rx_ant, tx, tx_ant, symbol, subcarrier; the second transmitter and the second symbol are
# times two and times three.
SIONNA = H[:, :, None, None, :, None, None] * np.array([1, 2])[:, None, None, None] * np.array([1, 3])[:, None]
np.savez(HERE / "sionna.npz", h=SIONNA)
