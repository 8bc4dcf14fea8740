//! Landlock: the files that can be opened, the TCP ports that can be used, and that signals and
//! abstract sockets stay inside.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    make_bitflags,
};

use super::Refusal;
use crate::{Policy, Profile};

/// The newest rights known here; an older kernel handles those it knows.
const NEWEST: ABI = ABI::V9;
/// The first version that can forbid truncating a file. In a worker seccomp forbids that too.
const TRUNCATE: ABI = ABI::V3;

pub fn probe() -> Result<(), Refusal> {
    // SAFETY: with a null attribute of size 0 the call only answers the version it speaks.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            1_u32, // LANDLOCK_CREATE_RULESET_VERSION
        )
    };
    if version >= 1 {
        return Ok(());
    }
    Err(match std::io::Error::last_os_error().raw_os_error() {
        Some(libc::EOPNOTSUPP) => {
            "Landlock is switched off; add it to the kernel parameter lsm=".to_owned()
        }
        _ => "the kernel has no Landlock; it comes with Linux 5.13".to_owned(),
    })
}

pub fn apply(policy: &Policy) -> Result<(), Refusal> {
    let status = restrict(policy).map_err(|error| error.to_string())?;
    let LandlockStatus::Available {
        effective_abi: abi, ..
    } = status.landlock
    else {
        return probe().and(Err("Landlock is not available".to_owned()));
    };
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err("the kernel took none of the Landlock rules".to_owned());
    }
    if policy.profile == Profile::Tests && abi < TRUNCATE {
        return Err(format!(
            "Landlock {abi} cannot forbid truncating files; version 3 comes with Linux 6.2"
        ));
    }
    Ok(())
}

fn restrict(policy: &Policy) -> Result<landlock::RestrictionStatus, RulesetError> {
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?;
    if !policy.network {
        ruleset = ruleset.handle_access(AccessNet::from_all(NEWEST))?;
    }
    let mut rules = ruleset.create()?;
    let (read, write) = rights(policy.profile);
    for path in &policy.read {
        rules = grant(rules, path, read)?;
    }
    for path in &policy.write {
        rules = grant(rules, path, write)?;
    }
    rules.restrict_self()
}

/// The rights beneath a path that can be read, and beneath one that can be written.
///
/// Loading a shared library is reading; executing is another right, which no worker has.
fn rights(profile: Profile) -> (BitFlags<AccessFs>, BitFlags<AccessFs>) {
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    match profile {
        Profile::Worker => (
            read,
            read | make_bitflags!(AccessFs::{
                WriteFile | Truncate | MakeReg | MakeDir | RemoveFile | RemoveDir | Refer
            }),
        ),
        Profile::Tests => (
            read | AccessFs::Execute,
            AccessFs::from_all(NEWEST) & !make_bitflags!(AccessFs::{MakeChar | MakeBlock}),
        ),
    }
}

fn grant(
    rules: RulesetCreated,
    path: &std::path::Path,
    rights: BitFlags<AccessFs>,
) -> Result<RulesetCreated, RulesetError> {
    // What cannot be opened here grants nothing, which is safe.
    let Ok(opened) = PathFd::new(path) else {
        return Ok(rules);
    };
    let rights = if path.is_dir() {
        rights
    } else {
        rights & AccessFs::from_file(NEWEST)
    };
    rules.add_rule(PathBeneath::new(opened, rights))
}
