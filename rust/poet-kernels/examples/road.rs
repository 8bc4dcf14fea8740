#![allow(warnings)]
use poet_kernels::*;
use std::time::Instant;
fn main() {
    let mut z = 88172645463325252u64;
    let mut u = move || {
        z ^= z << 13;
        z ^= z >> 7;
        z ^= z << 17;
        (z >> 11) as f64 / 9007199254740992.0
    };
    let mut norm = move || (-2.0 * (1.0 - u()).ln()).sqrt() * (6.283185307179586 * u()).cos();
    let kinds = ["normal", "lognormal", "ties100", "ties2000", "identical"];
    let only = std::env::args().nth(1);
    for kind in kinds {
        if only.as_ref().is_some_and(|o| o != kind) {
            continue;
        }
        for &(m, n) in &[
            (100_000usize, 1_000usize),
            (100_000, 10_000),
            (100_000, 100_000),
            (100_000, 1_000_000),
            (100_000, 10_000_000),
            (50_000, 50_000),
            (10_000, 1_000),
            (10_000, 100_000),
        ] {
            let mut draw = |n: usize, s: f64| -> Vec<f64> {
                (0..n)
                    .map(|_| {
                        let x = norm() + s;
                        match kind {
                            "lognormal" => (2.0 * x).exp(),
                            "ties100" => (x * 20.).round() / 20.,
                            "ties2000" => (x * 400.).round() / 400.,
                            _ => x,
                        }
                    })
                    .collect()
            };
            let r = draw(m, 0.0);
            let c = if kind == "identical" {
                let mut c: Vec<f64> = (0..n).map(|i| r[(i * 7919) % m]).collect();
                c.reverse();
                c
            } else {
                draw(n, 0.02)
            };
            let t = Instant::now();
            let f = Reference::fit(&r).unwrap();
            let tf = t.elapsed().as_nanos() as f64 / m as f64;
            let w = Window::from(&c[..]);
            let reps = (20_000_000 / n).clamp(3, 2000);
            let mut best = f64::MAX;
            let mut d = 0;
            for _ in 0..5 {
                let t = Instant::now();
                for _ in 0..reps / 5 + 1 {
                    d = f
                        .largest_difference(&w, Alternative::TwoSided)
                        .unwrap()
                        .numerator;
                }
                best = best.min(t.elapsed().as_nanos() as f64 / (reps / 5 + 1) as f64);
            }
            println!(
                "{kind:10} m={m} n={n} fit={tf:.1} ns/row={:.2} us={:.1} D={:.5}",
                best / n as f64,
                best / 1e3,
                d as f64 / (n as f64 * m as f64)
            );
        }
    }
}
