use super::*;
use crate::data::scale::CheckRow;

const INPUTS: Inputs = Inputs { attach: 275.0, accept_1: 360.0, accept_3: 460.0, header_bytes: 67.0 };

fn files(folder: &std::path::Path) -> Files {
    use clap::Parser;
    /// The options by themselves.
    #[derive(Parser)]
    struct Options {
        #[command(flatten)]
        files: Files,
    }
    let file = folder.join("none").display().to_string();
    Options::parse_from(["scale", "--instructions", &file]).files
}

#[cfg(target_os = "linux")]
#[test]
fn everything_of_a_small_cluster_is_one_object_that_can_be_read_again() {
    let scale = scale(INPUTS, 20, 5_000, 7).unwrap();
    let wrong: Vec<_> = scale.rotations.iter().filter(|row| !rotation::is_as_it_must_be(row)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let json = serde_json::to_string(&scale).unwrap();
    let again: Scale = serde_json::from_str(&json).unwrap();
    assert_eq!(again.steps.len(), 3 * scale.rotations.len());
    let text = table::show(&scale);
    for row in &scale.rotations {
        assert!(text.contains(&row.variant), "{text}");
    }
}

#[test]
fn a_file_that_is_missing_is_bad_input_with_how_to_mend_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = format!("{:#}", Inputs::read(&files(folder.path())).unwrap_err());
    assert!(error.contains("cannot be read; make it with `cargo bench --bench instructions`"), "{error}");
}

fn check(holds: bool) -> CheckRow {
    CheckRow { what: "a".into(), unit: "ms".into(), modelled: 1.0, measured: 3.0, low: 0.5, high: 2.0, holds }
}

fn empty() -> Scale {
    Scale {
        seed: 1,
        optimized: true,
        constants: Vec::new(),
        checks: Vec::new(),
        loads: Vec::new(),
        memory: Vec::new(),
        rotations: Vec::new(),
        steps: Vec::new(),
    }
}

#[test]
fn a_constant_that_is_off_and_a_call_that_must_not_fail_are_faults_and_a_control_without_failures_is_one() {
    let settings = plan::variants(2, 1_000).unwrap()[0].settings;
    let variant = rotation::Variant { name: "x", must_hold: true, settings };
    let (good, _) = variant.run(Costs { reload_s: 0.0, ask_s: 0.0 }, 1);
    let control = |failed, margin_accept_s| RotationRow { must_hold: false, failed, margin_accept_s, ..good.clone() };
    let table = [
        (Scale { checks: vec![check(true)], rotations: vec![good.clone()], ..empty() }, None),
        (Scale { checks: vec![check(false)], ..empty() }, Some("a: 3.0 ms and not between 0.5 and 2.0; measure again")),
        (Scale { rotations: vec![RotationRow { failed: 1, ..good.clone() }], ..empty() }, Some("x: 1 calls failed")),
        (
            Scale { rotations: vec![RotationRow { margin_retire_s: -0.1, ..good.clone() }], ..empty() },
            Some("x: 0 calls failed, with"),
        ),
        (Scale { rotations: vec![control(3, -1.0)], ..empty() }, None),
        (Scale { rotations: vec![control(0, 1.0)], ..empty() }, Some("mend the simulation")),
    ];
    for (scale, expected) in table {
        let faults = faults(&scale);
        assert_eq!(faults.len(), usize::from(expected.is_some()), "{faults:?}");
        assert!(expected.is_none_or(|expected| faults[0].contains(expected)), "{faults:?}");
    }
}
