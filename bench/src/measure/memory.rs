//! What a server holds, as the kernel counts its pages. What the kernel itself holds for a socket is the same for all, and not in it.

use std::fs;
use std::path::Path;

/// Bytes of a process and all below it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Memory {
    /// What is resident; what several share counts for each.
    pub(super) rss: f64,
    /// What is resident; what several share is divided among them.
    pub(super) pss: f64,
}

impl Memory {
    /// Of these processes together.
    pub(super) fn of(processes: &[u32]) -> Result<Self, String> {
        let mut sum = Self::default();
        for process in processes {
            let path = Path::new("/proc").join(process.to_string()).join("smaps_rollup");
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let own = Self::read(&text).ok_or_else(|| format!("{} does not say what is resident", path.display()))?;
            (sum.rss, sum.pss) = (sum.rss + own.rss, sum.pss + own.pss);
        }
        Ok(sum)
    }

    fn read(rollup: &str) -> Option<Self> {
        let bytes = |name: &str| {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"))?;
            Some(line.trim().parse::<f64>().ok()? * 1_024.0)
        };
        Some(Self { rss: bytes("Rss:")?, pss: bytes("Pss:")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_read() {
        let rollup = "5581 ---p 00000000 00:00 0 [rollup]\nRss:   2048 kB\nPss:   1024 kB\nPss_Dirty:   8 kB\n";
        assert_eq!(Memory::read(rollup), Some(Memory { rss: 2_097_152.0, pss: 1_048_576.0 }));
        assert_eq!(Memory::read("Rss: 1 kB\n"), None);
    }
}
