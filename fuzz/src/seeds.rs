//! Writes the corpus that the fuzz targets start from: files of one row and of many.

use std::fs;

use poet_frames::file::{counts_to_bytes, profiles_to_bytes};
use poet_fuzz::{columns, profiles};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let profiles = profiles();
    fs::create_dir_all("fuzz/corpus/profile_file")?;
    fs::create_dir_all("fuzz/corpus/counts_file")?;
    let all: Vec<_> = profiles
        .iter()
        .map(|profile| (Some("x"), profile))
        .collect();
    for (number, rows) in all.chunks(1).chain([&all[..], &[]]).enumerate() {
        let path = format!("fuzz/corpus/profile_file/seed-{number}");
        fs::write(path, profiles_to_bytes(rows)?)?;
    }
    let mut counts = Vec::new();
    for profile in &profiles {
        let windows = columns();
        let counted = windows
            .iter()
            .filter_map(|window| profile.count(window).ok());
        counts.extend(counted.map(|counts| (profile, counts)));
    }
    let all: Vec<_> = counts
        .iter()
        .map(|(profile, counts)| (None, *profile, counts))
        .collect();
    for (number, rows) in all.chunks(1).chain([&all[..5], &[]]).enumerate() {
        let path = format!("fuzz/corpus/counts_file/seed-{number}");
        fs::write(path, counts_to_bytes(rows)?)?;
    }
    Ok(())
}
