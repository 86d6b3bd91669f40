//! Names that are in use while a file is written, and which of them belong to the dead.
//!
//! ```text
//!   .<name>.noctule-<place>-<process>-<started>-<count>-<random>.tmp
//! ```
//!
//! The place stands for host, boot and process name space: where it is ours, the system knows
//! whether the process lives (a number that was given again has another start). Of other places
//! nothing is known, and a file counts as left behind when nobody has written to it for a day.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::canonical::sha256;

/// After what time without a change a file of another place is left behind.
const LEFT: Duration = Duration::from_secs(86_400);
/// Bytes of a file's name that its temporary repeats: names have 255 at most.
const SHOWN: usize = 80;

/// A name beside a file that nobody else uses. Removed when dropped, unless it was renamed.
#[derive(Debug)]
pub struct Temporary {
    path: PathBuf,
    done: bool,
}

impl Temporary {
    /// A name in the folder of `path`; nothing is created yet.
    pub fn beside(path: &Path) -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let random = RandomState::new().build_hasher().finish();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let mut name = name.unwrap_or_default();
        while name.len() > SHOWN {
            name.pop();
        }
        let id = std::process::id();
        let started = started(id).unwrap_or(0);
        let place = place();
        let name = format!(".{name}.noctule-{place}-{id}-{started}-{count}-{random:016x}.tmp");
        Self { path: path.with_file_name(name), done: false }
    }

    /// The name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn create(&self) -> std::io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(&self.path)
    }

    /// Give it its final name, in the place of what has it.
    pub(crate) fn rename(mut self, to: &Path) -> std::io::Result<()> {
        fs::rename(&self.path, to)?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Remove the temporaries in a folder whose processes are dead. What cannot be read or removed
/// stays: nothing depends on it.
pub fn sweep(folder: &Path) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(owner) = name.to_str().and_then(owner) else { continue };
        let Ok(found) = entry.metadata() else { continue };
        if found.is_file() && owner.is_dead(found.modified().ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whose temporary a file is.
#[derive(Debug, PartialEq, Eq)]
struct Owner<'a> {
    /// Place, process and its start; `None` in the names of earlier versions.
    process: Option<(&'a str, u32, u64)>,
}

/// Whether a name is that of a temporary of ours.
pub(crate) fn is_temporary(name: &str) -> bool {
    owner(name).is_some()
}

/// The owner that a name states; `None` where it is no temporary of ours.
fn owner(name: &str) -> Option<Owner<'_>> {
    let mut parts = name.strip_prefix('.')?.strip_suffix(".tmp")?.rsplitn(6, '-');
    let random = parts.next()?;
    let hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if random.len() != 16 || !hexadecimal(random) {
        return None;
    }
    parts.next()?.parse::<u64>().ok()?;
    let third = parts.next()?.parse::<u64>().ok()?;
    let mut new = || {
        let process = parts.next()?.parse().ok()?;
        let place = parts.next().filter(|place| place.len() == 8 && hexadecimal(place))?;
        parts.next()?.ends_with(".noctule").then_some((place, process, third))
    };
    // `.<name>.<host>-<process>-<count>-<random>.tmp` before.
    Some(Owner { process: new() })
}

impl Owner<'_> {
    fn is_dead(&self, modified: Option<SystemTime>) -> bool {
        match self.process {
            Some((at, process, since)) if at == place() && since != 0 => {
                started(process) != Some(since)
            }
            // Names of earlier versions carry no mark of ours: somebody else may use such, too.
            None => false,
            Some(_) => modified
                .and_then(|at| SystemTime::now().duration_since(at).ok())
                .is_some_and(|age| age > LEFT),
        }
    }
}

/// Eight digits for host, boot and process name space.
fn place() -> &'static str {
    static PLACE: OnceLock<String> = OnceLock::new();
    PLACE.get_or_init(|| {
        let mut all = String::new();
        for file in ["/proc/sys/kernel/hostname", "/proc/sys/kernel/random/boot_id"] {
            all.push_str(&fs::read_to_string(file).unwrap_or_default());
        }
        if let Ok(space) = fs::read_link("/proc/self/ns/pid") {
            all.push_str(&space.to_string_lossy());
        }
        sha256(all.as_bytes())[..8].to_owned()
    })
}

/// When a living process began, in ticks since the boot; `None` where there is none, or where the
/// system does not tell.
fn started(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program, in parentheses, may hold anything.
    let mut fields = stat[stat.rfind(')')? + 1..].split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn temporaries_of_the_dead_are_swept_and_of_the_living_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let mine = Temporary::beside(&folder.path().join("mine"));
        mine.create().unwrap();
        let living = mine.path().file_name().unwrap().to_str().unwrap().to_owned();
        let [id, since] = [u64::from(std::process::id()), started(std::process::id()).unwrap()];
        let at = |name: String| folder.path().join(name);
        let again = living.replace(&format!("-{id}-{since}-"), &format!("-{id}-{}-", since - 1));
        let gone = living.replace(&format!("-{id}-"), &format!("-{}-", u32::MAX));
        let elsewhere = living.replace(place(), "00000000");
        let foreign = ".mine.tmp".to_owned();
        let earlier = ".mine.host-1-2-00000000000000ff.tmp".to_owned();
        for name in [&again, &gone, &elsewhere, &foreign, &earlier] {
            fs::write(at(name.clone()), "").unwrap();
            assert_eq!(is_temporary(name), *name != foreign, "{name}");
        }
        sweep(folder.path());
        let left = |name: &String| at(name.clone()).exists();
        assert!(!left(&again) && !left(&gone), "dead");
        assert!(left(&living) && left(&elsewhere) && left(&foreign) && left(&earlier));
        let old = SystemTime::now() - 2 * LEFT;
        for name in [&elsewhere, &foreign, &earlier, &living] {
            File::options().write(true).open(at(name.clone())).unwrap().set_modified(old).unwrap();
        }
        sweep(folder.path());
        // An earlier version's name could be anybody's.
        assert!(left(&living) && left(&foreign) && !left(&elsewhere) && left(&earlier));
    }
}
