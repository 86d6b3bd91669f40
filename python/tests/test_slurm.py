"""A real Slurm of one node: what `noctule slurm` writes, with an element killed and one queued again.

Where this runs as root on Debian, Slurm is installed if need be and started without systemd; elsewhere
the environment of an array is replayed, and the test of the real one says that it was skipped.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import noctule

#: About two seconds of work in each of three elements.
STUDY = """
format = "noctule-experiment/1"
system = "beamforming"
trials = 250
seed = 5
[[scheme]]
name = "balanced"
settings = { certify = false }
[[scheme]]
name = "mrt"
[[figure]]
id = "rates"
kind = "cdf"
x = "sum_rate_bps_hz"
"""
FILES = ("plan.json", "records.csv", "series.csv", "summary.csv", "claims.json", "manifest.json",
         "report.html", "figures/rates.svg")
PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")

CONFIGURATION = """\
ClusterName=ci
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={dir}/munge.sock,cred_expire=5
CredType=cred/munge
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={dir}/state
SlurmdSpoolDir={dir}/spool
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd.pid
SlurmctldLogFile={dir}/slurmctld.log
SlurmdLogFile={dir}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=2000 State=UNKNOWN
PartitionName=ci Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def call(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, timeout=120, stdin=subprocess.DEVNULL, **options)


def waits(what: str, true: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def same(a: Path, b: Path) -> None:
    for name in FILES:
        assert (a / name).read_bytes() == (b / name).read_bytes(), name


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, program: Path) -> Path:
    """A folder with the study and its run by one process."""
    folder = tmp_path_factory.mktemp("slurm")
    (folder / "mine.toml").write_text(STUDY, encoding="utf-8")
    assert call(program, "run", "mine.toml", "--out", "serial", cwd=folder).returncode == 0
    return folder


def test_an_array_is_replayed(study: Path, program: Path) -> None:
    """The scripts in the environment that Slurm would give them."""
    out = study / "replayed"
    told = call(program, "slurm", "mine.toml", "--out", out, "--shards", "3", cwd=study)
    assert told.returncode == 0 and "submit.sh" in told.stdout, told.stderr
    scripts = out / "slurm"
    for script in scripts.glob("*.s*"):
        assert call("bash", "-n", script).returncode == 0, script

    def element(number: int, first: int = 0, count: int = 3) -> int:
        variables = {"ID": number, "MIN": first, "COUNT": count, "STEP": 1}
        environment = {f"SLURM_ARRAY_TASK_{name}": str(value) for name, value in variables.items()}
        return call("bash", scripts / "array.sbatch", env={**os.environ, **environment}).returncode

    assert (element(2), element(0)) == (0, 0)
    merge = call("bash", scripts / "merge.sbatch")
    assert merge.returncode == 3 and "are missing" in merge.stderr, merge.stderr
    # Alone and again, as `sbatch --array=1` gives it.
    assert element(1, first=1, count=1) == 0
    assert call("bash", scripts / "merge.sbatch").returncode == 0
    same(study / "serial", out)


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A controller and a node of our own; the folder has `slurm.conf`."""
    install()
    dir = tmp_path_factory.mktemp("node")
    host = socket.gethostname().partition(".")[0]
    ports = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
    for name in ("state", "spool"):
        (dir / name).mkdir()
    (dir / "key").write_bytes(os.urandom(1024))
    (dir / "key").chmod(0o400)
    dir.chmod(0o755)
    (dir / "slurm.conf").write_text(CONFIGURATION.format(
        host=host, dir=dir, ports=ports, cpus=min(2, os.cpu_count() or 1)))
    (dir / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
    environment = {**os.environ, "SLURM_CONF": str(dir / "slurm.conf")}
    try:
        # Daemons keep what they inherit open: not the pipes of the test.
        with (dir / "daemons.log").open("w") as log:
            for command in (
                ["munged", "--force", f"--key-file={dir}/key", f"--socket={dir}/munge.sock",
                 f"--pid-file={dir}/munged.pid", f"--log-file={dir}/munged.log",
                 f"--seed-file={dir}/seed"],
                ["slurmctld", "-c"],
                ["slurmd", "-N", host],
            ):
                command[0] = shutil.which(command[0], path=sbin()) or command[0]
                subprocess.run(command, env=environment, check=True, timeout=30, stdout=log,
                               stderr=log, stdin=subprocess.DEVNULL)
        waits("the node does not come up", lambda: call(
            "sinfo", "-h", "-o", "%t", env=environment).stdout.strip() == "idle")
        yield dir
    finally:
        for name in ("slurmd", "slurmctld", "munged"):
            try:
                os.kill(int((dir / f"{name}.pid").read_text()), signal.SIGTERM)
            except (OSError, ValueError):
                continue
            until = time.monotonic() + 10
            while (dir / f"{name}.pid").exists() and time.monotonic() < until:
                time.sleep(0.05)


def sbin() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def install() -> None:
    """Slurm, where that is ours to do."""
    if all(shutil.which(name, path=sbin()) for name in ("slurmctld", "slurmd", "sbatch", "munged")):
        if os.geteuid() == 0:
            return
        pytest.skip("a node of our own needs root: the array was replayed instead")
    if not Path("/etc/debian_version").exists() or os.geteuid() != 0:
        pytest.skip("Slurm is not here, and this is not root on Debian: the array was replayed instead")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES],
                    ["apt-get", "update"]):
        if call(*command, env=quiet).returncode == 0 and command[1] == "install":
            return
    if call("apt-get", "install", "-y", "--no-install-recommends", *PACKAGES,
            env=quiet).returncode != 0:
        pytest.skip("Slurm could not be installed: the array was replayed instead")


def programs_of(element: int, folder: Path) -> list[int]:
    """Processes of the program in an element of the array."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            variables = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"run" in words and str(folder).encode() in words and \
                f"SLURM_ARRAY_TASK_ID={element}".encode() in variables:
            found.append(int(process.name))
    return found


def test_a_night_on_a_cluster(slurm: Path, study: Path, program: Path) -> None:
    """One element killed, one stopped and queued again; the merge refuses; again; the same bytes."""
    environment = {**os.environ, "SLURM_CONF": str(slurm / "slurm.conf")}
    out = study / "night"
    told = call(program, "slurm", "mine.toml", "--out", out, "--shards", "3", "--time", "00:10:00",
                "--sbatch=--partition=ci", cwd=study)
    assert told.returncode == 0, told.stderr
    logs = out / "slurm" / "logs"

    def submit() -> tuple[str, str]:
        told = call("bash", out / "slurm" / "submit.sh", env=environment)
        assert told.returncode == 0, told.stderr
        words = told.stdout.split()
        return words[1].rstrip(","), words[3]

    def ended() -> bool:
        return call("squeue", "-h", env=environment).stdout.strip() == ""

    array, merge = submit()
    waits("element 0 does not start", lambda: bool(programs_of(0, out)))
    waits("no chunk", lambda: any((out / "chunks").glob("c*.jsonl")))
    for process in programs_of(0, out):
        os.kill(process, signal.SIGKILL)
    waits("element 1 does not start", lambda: bool(programs_of(1, out)))
    stopped = call("scancel", "--signal=USR1", "--batch", f"{array}_1", env=environment)
    assert stopped.returncode == 0, stopped.stderr
    waits("the night does not end", ended, 90.0)
    log = (logs / f"{array}_1.out").read_text()
    assert "run the same command to resume" in log and "shard 1/3 is complete" in log, log
    assert "complete" not in (logs / f"{array}_0.out").read_text()
    merged = (logs / f"merge-{merge}.out").read_text()
    assert "are missing" in merged, merged
    assert not (out / "records.csv").exists()

    array, merge = submit()
    waits("the second night does not end", ended, 90.0)
    assert "shard 0/3 is complete" in (logs / f"{array}_0.out").read_text()
    assert "report.html" in (logs / f"merge-{merge}.out").read_text()
    same(study / "serial", out)


def test_dask_workers_are_jobs(
    slurm: Path, study: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """dask-jobqueue on the same node, one of two jobs killed in mid-run."""
    distributed = pytest.importorskip("distributed")
    jobqueue = pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("SLURM_CONF", str(slurm / "slurm.conf"))
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "dask"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with jobqueue.SLURMCluster(
                queue="ci", cores=1, processes=1, memory="700MB", walltime="00:05:00",
                interface="lo", scheduler_options={"dashboard_address": None}) as cluster, \
                distributed.Client(cluster) as client:
            cluster.scale(jobs=2)
            client.wait_for_workers(1, timeout=60)
            killed = threading.Thread(target=kill_a_job, args=(out,))
            killed.start()
            noctule.run(study / "mine.toml", out=out, executor=client.get_executor())
            killed.join()
    waits("jobs stay", lambda: call("squeue", "-h").stdout.strip() == "")
    same(study / "serial", out)


def kill_a_job(out: Path) -> None:
    waits("no chunk", lambda: any((out / "chunks").glob("c*.jsonl")))
    jobs = call("squeue", "-h", "-t", "running", "-o", "%A").stdout.split()
    if len(jobs) == 2:
        call("scancel", "--signal=KILL", "--full", jobs[0])
