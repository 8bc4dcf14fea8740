//! Any bytes are refused or give counts that can be used, and whose file gives them again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use poet_frames::Profile;
use poet_frames::file::{counts_from_bytes, counts_to_bytes};
use poet_fuzz::{ASK, profiles};

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(profiles);

fuzz_target!(|bytes: &[u8]| {
    let profiles: Vec<&Profile> = PROFILES.iter().collect();
    let Ok(read) = counts_from_bytes(bytes, &profiles) else {
        return;
    };
    let rows: Vec<_> = read
        .iter()
        .map(|row| (row.name.as_deref(), profiles[row.profile], &row.counts))
        .collect();
    let written = counts_to_bytes(&rows).expect("what was read can be written");
    let again = counts_from_bytes(&written, &profiles).expect("what was written can be read");
    assert_eq!(again.len(), read.len());
    for (row, again) in read.iter().zip(&again) {
        let profile = profiles[row.profile];
        assert_eq!(row.counts.size(), again.counts.size());
        let _ = profile.compare_counts(&row.counts, &ASK);
        let sum = row
            .counts
            .merged(&again.counts)
            .expect("counts of one profile add");
        let _ = profile.compare_counts(&sum, &ASK);
    }
});
