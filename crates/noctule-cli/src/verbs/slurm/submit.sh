#!/bin/bash
# Written by noctule {version}: submits the array, and the merge behind it. Words given here go to the
# array alone: submit.sh --array=3,7 for single elements.
set -eu
array=$(sbatch --parsable "$@" {scripts}/array.sbatch)
# afterany: a merge behind afterok would wait for ever once an element has failed.
merge=$(sbatch --parsable --dependency=afterany:"${array%%;*}" {scripts}/merge.sbatch)
echo "array ${array%%;*}, merge ${merge%%;*}"
