//! From tables of calls and conditions to the programs the kernel runs.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};

use super::super::Refusal;

/// A condition on one argument of a call, counted from 0.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// The lower 32 bits, which are all of an `int`, are this.
    Is(u8, u32),
    /// The lower 32 bits are something else.
    IsNot(u8, u32),
    /// All 64 bits are something else: for pointers and lengths.
    IsNotLong(u8, u64),
    /// As 64 bits without a sign, not below this: for addresses.
    NotBelow(u8, u64),
    /// Of the bits of the mask, exactly these are set.
    Bits(u8, u64, u64),
}

/// A call that matches where all conditions hold; with none, always. Several rules for one call
/// match where any does.
pub type Rule = (libc::c_long, Vec<When>);

/// One program: what happens on a match, and otherwise.
#[derive(Debug)]
pub struct Filter {
    pub rules: Vec<Rule>,
    pub on_match: SeccompAction,
    pub otherwise: SeccompAction,
}

impl Filter {
    /// Whatever is not listed does not exist.
    pub fn allow(calls: impl IntoIterator<Item = libc::c_long>) -> Self {
        Self {
            rules: calls.into_iter().map(|call| (call, vec![])).collect(),
            on_match: SeccompAction::Allow,
            otherwise: SeccompAction::Errno(libc::ENOSYS as u32),
        }
    }

    /// What is listed answers `EPERM`.
    pub fn refuse(rules: Vec<Rule>) -> Self {
        Self {
            rules,
            on_match: SeccompAction::Errno(libc::EPERM as u32),
            otherwise: SeccompAction::Allow,
        }
    }

    /// What is listed answers `ENOSYS`.
    pub fn hide(rules: Vec<Rule>) -> Self {
        Self {
            rules,
            on_match: SeccompAction::Errno(libc::ENOSYS as u32),
            otherwise: SeccompAction::Allow,
        }
    }

    /// What is listed ends the process.
    pub fn kill(rules: Vec<Rule>) -> Self {
        Self {
            rules,
            on_match: SeccompAction::KillProcess,
            otherwise: SeccompAction::Allow,
        }
    }

    /// The program. It also ends a process that calls through another architecture's table.
    pub fn build(self) -> Result<BpfProgram, Refusal> {
        let mut chains: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
        let mut always = Vec::new();
        for (call, conditions) in self.rules {
            let chain = chains.entry(call).or_default();
            if conditions.is_empty() {
                always.push(call);
            } else {
                chain.push(rule(&conditions)?);
            }
        }
        for call in always {
            chains.insert(call, vec![]);
        }
        let target = TargetArch::try_from(std::env::consts::ARCH).map_err(|e| e.to_string())?;
        let filter = SeccompFilter::new(chains, self.otherwise, self.on_match, target)
            .map_err(|error| error.to_string())?;
        let program = BpfProgram::try_from(filter).map_err(|error| error.to_string())?;
        Ok(NO_X32.into_iter().chain(program).collect())
    }
}

/// Bit 30 marks the calls of the x32 table, which the same architecture check lets through.
const X32_BIT: u32 = 0x4000_0000;

/// "If the call's number is not below the x32 bit, end the process": load, compare, return.
const NO_X32: [sock_filter; 3] = [
    // BPF_LD | BPF_W | BPF_ABS, offset of the number
    instruction(0x20, 0, 0, 0),
    // BPF_JMP | BPF_JGE | BPF_K
    instruction(0x35, 0, 1, X32_BIT),
    // BPF_RET | BPF_K
    instruction(0x06, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
];

const fn instruction(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

fn rule(conditions: &[When]) -> Result<SeccompRule, Refusal> {
    let conditions = conditions
        .iter()
        .map(|when| {
            use SeccompCmpArgLen::{Dword, Qword};
            use SeccompCmpOp::{Eq, Ge, MaskedEq, Ne};
            match *when {
                When::Is(at, value) => SeccompCondition::new(at, Dword, Eq, value.into()),
                When::IsNot(at, value) => SeccompCondition::new(at, Dword, Ne, value.into()),
                When::IsNotLong(at, value) => SeccompCondition::new(at, Qword, Ne, value),
                When::NotBelow(at, value) => SeccompCondition::new(at, Qword, Ge, value),
                When::Bits(at, mask, set) => SeccompCondition::new(at, Qword, MaskedEq(mask), set),
            }
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    SeccompRule::new(conditions).map_err(|error| error.to_string())
}
