//! What the tests need beside Rust: installed where we may (Debian, as root), named exactly where we may not.

use crate::shell::{answers, command, run};
use crate::steps::Verdict;

/// A program the tests start.
struct Need {
    /// Calls of which one must succeed.
    calls: &'static [&'static [&'static str]],
    packages: &'static [&'static str],
    reason: &'static str,
}

/// The version matters for Node alone: `node --test` came with 18.
const NEEDS: &[Need] = &[
    Need { calls: &[&["git", "--version"]], packages: &["git"], reason: "applies the faults" },
    Need { calls: &[&["curl", "--version"]], packages: &["curl"], reason: "is a client of the tests" },
    Need {
        calls: &[&["nginx", "-v"], &["/usr/sbin/nginx", "-v"]],
        packages: &["nginx"],
        reason: "stands before a hub, with the configuration of the book",
    },
    Need { calls: &[&["caddy", "version"]], packages: &["caddy"], reason: "the same" },
    Need {
        calls: &[&["chromium", "--version"], &["chromium-browser", "--version"], &["google-chrome", "--version"]],
        packages: &["chromium"],
        reason: "opens the pages of the examples",
    },
    Need {
        calls: &[&["python3", "-c", "import venv, ensurepip"]],
        packages: &["python3", "python3-venv"],
        reason: "runs clients that others wrote",
    },
    Need {
        calls: &[&["node", "-e", "process.exit(process.versions.node.split('.')[0] >= 18 ? 0 : 1)"]],
        packages: &["nodejs"],
        reason: "runs the browser tests (18 or newer)",
    },
    Need { calls: &[&["npm", "--version"]], packages: &["npm"], reason: "installs what the browser tests use" },
];

/// Sees to it that everything is there.
pub(crate) fn step() -> Result<Verdict, String> {
    let packages = missing();
    if packages.is_empty() {
        return Ok(Verdict::Passed);
    }
    let list = packages.join(" ");
    if !answers("apt-get", &["--version"]) || !is_root() {
        let reasons: Vec<String> = lacking().map(|need| format!("   {}: {}", need.packages.join(", "), need.reason)).collect();
        let remedy = format!("install them (on Debian: `sudo apt-get install --no-install-recommends {list}`) and run again");
        return Err(format!("these programs are missing; {remedy}\n{}", reasons.join("\n")));
    }
    apt(&["update", "-q"])?;
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(&packages);
    apt(&arguments)?;
    match missing() {
        still if still.is_empty() => Ok(Verdict::Passed),
        still => Err(format!("apt-get installed {}, which still does not work", still.join(" "))),
    }
}

/// nginx's module nchan, for the benchmarks alone.
pub(crate) fn nchan() -> Result<(), String> {
    const PACKAGE: &str = "libnginx-mod-nchan";
    if answers("dpkg", &["-s", PACKAGE]) {
        return Ok(());
    }
    if !answers("apt-get", &["--version"]) || !is_root() {
        return Err(format!("Debian's package `{PACKAGE}` is not installed, and we may not install it"));
    }
    apt(&["update", "-q"])?;
    apt(&["install", "-y", "-q", "--no-install-recommends", PACKAGE])
}

fn apt(arguments: &[&str]) -> Result<(), String> {
    run(command("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn lacking() -> impl Iterator<Item = &'static Need> {
    NEEDS.iter().filter(|need| !need.calls.iter().any(|call| answers(call[0], &call[1..])))
}

fn missing() -> Vec<&'static str> {
    lacking().flat_map(|need| need.packages).copied().collect()
}

fn is_root() -> bool {
    crate::shell::output(&mut command("id", &["-u"])).is_ok_and(|id| id.trim() == "0")
}
