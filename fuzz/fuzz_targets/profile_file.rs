//! Any bytes are refused or give profiles that can be used, and whose file gives them again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use poet_frames::Column;
use poet_frames::file::{profiles_from_bytes, profiles_to_bytes};
use poet_fuzz::{ASK, columns};

static WINDOWS: LazyLock<Vec<Column>> = LazyLock::new(columns);

fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = profiles_from_bytes(bytes) else {
        return;
    };
    let rows: Vec<_> = read
        .iter()
        .map(|(name, profile)| (name.as_deref(), profile))
        .collect();
    let written = profiles_to_bytes(&rows).expect("what was read can be written");
    let again = profiles_from_bytes(&written).expect("what was written can be read");
    assert_eq!(again.len(), read.len());
    for ((name, profile), (name_again, profile_again)) in read.iter().zip(&again) {
        assert_eq!((name, profile.id()), (name_again, profile_again.id()));
        for window in &*WINDOWS {
            let found = profile.compare(window, &ASK);
            let counted = profile.count(window);
            assert_eq!(found.is_ok(), counted.is_ok());
            let _ = counted.map(|counts| profile.compare_counts(&counts, &ASK));
        }
    }
});
