"""A program for `noctule bench beamforming --against matched_filters.py`: matched filters at equal power.

It reads one question on its input and writes its variables to its output. Nothing else is needed: the design is
evaluated by noctule, and what a program says of it is not read.
"""

import json
import sys

question = json.load(sys.stdin)
instance = question["instance"]
if question["system"] != "beamforming":
    sys.exit(f"matched filters are for beamforming, and not for {question['system']}")
channels = [[complex(*entry) for entry in user] for user in instance["channels"]]
power_w = instance["power_w"] / len(channels)
beams = []
for channel in channels:
    scale = (power_w / sum(abs(entry) ** 2 for entry in channel)) ** 0.5
    beams.append([[scale * entry.real, scale * entry.imag] for entry in channel])
json.dump({"beams": beams}, sys.stdout)
