//! What this process holds of the machine.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The descriptors of this process, each with what it leads to.
pub fn open_files() -> BTreeMap<u32, PathBuf> {
    let folder = std::fs::read_dir("/proc/self/fd").unwrap();
    let numbers: Vec<u32> =
        folder.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect();
    // the folder itself is closed by now
    let leads_to = |number| std::fs::read_link(format!("/proc/self/fd/{number}")).ok();
    numbers.into_iter().filter_map(|number| Some((number, leads_to(number)?))).collect()
}

/// What is held at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Bytes that are in memory.
    pub resident: usize,
    /// Bytes that were allocated and not freed, by this test and the module: both use the system's allocator.
    pub heap: usize,
    pub descriptors: usize,
    pub tasks: usize,
}

impl Resources {
    /// What is held now.
    pub fn now() -> Self {
        let allocator = unsafe { libc::mallinfo2() };
        Self {
            resident: resident(),
            heap: allocator.uordblks + allocator.hblkhd,
            descriptors: entries("/proc/self/fd"),
            tasks: entries("/proc/self/task"),
        }
    }

    /// What is held once there are no more tasks than before, or after five seconds: a thread that was joined is in the
    /// kernel's books for a moment longer.
    pub fn settled(before: &Self) -> Self {
        let started = Instant::now();
        loop {
            let now = Self::now();
            if now.tasks <= before.tasks || started.elapsed() > Duration::from_secs(5) {
                return now;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Display for Resources {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { resident, heap, descriptors, tasks } = self;
        let (resident, heap) = (resident >> 10, heap >> 10);
        write!(
            formatter,
            "{resident} KiB resident, {heap} KiB of heap, {descriptors} descriptors, {tasks} tasks"
        )
    }
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kibibytes: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
    kibibytes << 10
}

fn entries(folder: &str) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
