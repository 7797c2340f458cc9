//! What is wrong with a script, before anything of it runs.

use nearest::nearest;
use serde_json::{Map, Value};

use super::outputs::Outputs;
use super::reference::{Reference, ReferenceError};
use super::{Script, ScriptError, Step};
use crate::action::{Action, Kind};

/// Most steps of a script.
pub const STEPS_MAX: usize = 1_000_000;

/// Errors after which the rest of a script is not checked.
pub const ERRORS_MAX: usize = 100;

/// What a check has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What makes the script fail; nothing must be started.
    pub errors: Vec<ScriptError>,
    /// What may be meant otherwise.
    pub warnings: Vec<String>,
}

/// The files of earlier runs that a script refers to, each with the first step that does.
#[must_use]
pub fn imports(script: &Script) -> Vec<(u32, String)> {
    let mut files: Vec<(u32, String)> = Vec::new();
    for step in script.steps() {
        for value in step.command.params.values() {
            if let Ok(Some(reference)) = Reference::of(value, step.number)
                && let Some(file) = reference.file
                && files.iter().all(|(_, known)| *known != file)
            {
                files.push((step.number, file));
            }
        }
    }
    files
}

/// Checks every step: the name of its action, its literal parameters, and where its references
/// lead. `outputs` holds the files of [`imports`].
#[must_use]
pub fn check(script: &Script, outputs: &Outputs) -> Report {
    let steps: Vec<Step<'_>> = script.steps().collect();
    let mut checker = Checker {
        kinds: steps
            .iter()
            .map(|step| Kind::of(&step.command.action))
            .collect(),
        steps: &steps,
        outputs,
        report: Report::default(),
    };
    if steps.len() > STEPS_MAX {
        checker.report.errors.push(ScriptError::Decoding {
            step: u32::try_from(STEPS_MAX).unwrap_or(u32::MAX),
            cause: format!("the script has more than {STEPS_MAX} steps"),
        });
        return checker.report;
    }
    for step in &steps {
        // looking for circles takes as long as the script, so that a script full of them must
        // not be gone through to its end
        if checker.report.errors.len() >= ERRORS_MAX {
            break;
        }
        checker.step(*step);
    }
    checker.report.warnings.truncate(ERRORS_MAX);
    checker.report
}

struct Checker<'a> {
    steps: &'a [Step<'a>],
    kinds: Vec<Option<Kind>>,
    outputs: &'a Outputs,
    report: Report,
}

impl Checker<'_> {
    fn step(&mut self, step: Step<'_>) {
        let Some(kind) = Kind::of(&step.command.action) else {
            self.report.errors.push(ScriptError::UnknownAction {
                action: step.command.action.clone(),
            });
            return;
        };
        let mut literals = Map::new();
        for (name, value) in &step.command.params {
            let known = kind.parameters();
            if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                let near = nearest(name, known.iter().copied())
                    .map(|near| format!("; did you mean {near}?"))
                    .unwrap_or_default();
                self.report.warnings.push(format!(
                    "step {} ({kind}): parameter {name} has no effect{near}",
                    step.number
                ));
            }
            match Reference::of(value, step.number) {
                Ok(Some(reference)) => self.reference(step, &reference),
                Ok(None) => {
                    literals.insert(name.clone(), value.clone());
                }
                Err(error) => self.refuse(step, error.to_string()),
            }
        }
        self.literals(step, kind, literals);
    }

    fn literals(&mut self, step: Step<'_>, kind: Kind, literals: Map<String, Value>) {
        if Action::new(kind, literals.clone()).is_ok() {
            return;
        }
        if let Err(error) = Action::named(kind.name(), literals, step.number) {
            self.report.errors.push(error);
        }
    }

    fn refuse(&mut self, step: Step<'_>, cause: String) {
        self.report.errors.push(ScriptError::Resolving {
            step: step.number,
            cause,
        });
    }

    fn reference(&mut self, step: Step<'_>, reference: &Reference) {
        if let Some(file) = &reference.file {
            if !self.outputs.has_file(file) {
                let error = ReferenceError::Import {
                    file: file.clone(),
                    step: step.number,
                    cause: "it was not read".to_owned(),
                };
                self.refuse(step, error.to_string());
            } else if reference.on_empty.is_none() && !self.outputs.has(reference, step.number) {
                self.refuse(step, reference.not_found(step.number).to_string());
            }
            return;
        }
        if let Some(problem) = self.problem_of_target(step, reference) {
            if reference.on_empty.is_some() {
                // as in the original: there is no such output, whatever the reason
                self.report
                    .warnings
                    .push(format!("step {}: {problem}; onEmpty is taken", step.number));
            } else {
                self.refuse(step, problem);
            }
        }
    }

    /// Why there will be no such output when a reference within this run is resolved.
    fn problem_of_target(&self, step: Step<'_>, reference: &Reference) -> Option<String> {
        let not_found = || Some(reference.not_found(step.number).to_string());
        let Ok(target) = usize::try_from(reference.target(step.number)) else {
            return not_found();
        };
        let Some(command) = self.steps.get(target).map(|step| step.command) else {
            return not_found();
        };
        if target >= step.number as usize {
            return Some(self.about_later(step.number, target, reference.on_empty.is_some()));
        }
        let kind = self.kinds.get(target).copied().flatten()?;
        (!kind.puts_out(&reference.name)).then(|| {
            let (action, name) = (&command.action, &reference.name);
            format!("step {target} ({action}) puts out no {name}")
        })
    }

    /// What is wrong with a reference to the same or a later step: a circle, or just the order.
    fn about_later(&self, step: u32, target: usize, may_be_empty: bool) -> String {
        let path = (!may_be_empty).then(|| self.path(target, step as usize));
        match path.flatten() {
            Some(path) => {
                let path: Vec<String> = path.iter().map(ToString::to_string).collect();
                format!(
                    "steps refer to each other in a circle: {step} -> {}",
                    path.join(" -> ")
                )
            }
            None if target == step as usize => format!("step {step} refers to itself"),
            None => format!("step {step} refers to step {target}, which comes later"),
        }
    }

    /// The steps from one to another along references of this run that must lead somewhere, both
    /// included.
    fn path(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        let mut before: Vec<Option<usize>> = vec![None; self.steps.len()];
        let mut waiting = vec![from];
        while let Some(at) = waiting.pop() {
            if at == to {
                let mut path = vec![to];
                let mut at = to;
                while at != from {
                    at = (*before.get(at)?)?;
                    path.push(at);
                }
                path.reverse();
                return Some(path);
            }
            for next in self.targets(at) {
                if next != from && before.get(next).is_some_and(Option::is_none) {
                    if let Some(slot) = before.get_mut(next) {
                        *slot = Some(at);
                    }
                    waiting.push(next);
                }
            }
        }
        None
    }

    fn targets(&self, step: usize) -> Vec<usize> {
        let Some(step) = self.steps.get(step) else {
            return Vec::new();
        };
        step.command
            .params
            .values()
            .filter_map(|value| Reference::of(value, step.number).ok().flatten())
            .filter(|reference| reference.file.is_none() && reference.on_empty.is_none())
            .filter_map(|reference| usize::try_from(reference.target(step.number)).ok())
            .collect()
    }
}
