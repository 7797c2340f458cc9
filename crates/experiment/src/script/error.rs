//! What goes wrong with scripts, in the words and with the codes of the original.

use nearest::nearest;

use crate::action::kind::Kind;

/// A failure of a script. The code is carried along; it is not the exit code of a process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// A command of a batch has bad parameters.
    #[error("Error validating action '{action}' for step {step}: {cause}")]
    Validating {
        /// Name of the action.
        action: String,
        /// Number of the step.
        step: u32,
        /// Why.
        cause: String,
    },
    /// A value of the stream is no comment and no command.
    #[error("Error decoding command for step {step}: {cause}")]
    Decoding {
        /// Number that the step would have.
        step: u32,
        /// Why.
        cause: String,
    },
    /// A reference leads nowhere.
    #[error("Error resolving params for step {step}: {cause}")]
    Resolving {
        /// Number of the step.
        step: u32,
        /// Why.
        cause: String,
    },
    /// A step puts out a name a second time that stands for one value.
    #[error("Error outputting multiple values for {name} on step {step}")]
    OutputTwice {
        /// Name of the output.
        name: String,
        /// Number of the step.
        step: u32,
    },
    /// An output could not be written.
    #[error("Error writing output {name} for step {step}: {cause}")]
    WritingOutput {
        /// Name of the output.
        name: String,
        /// Number of the step.
        step: u32,
        /// Why.
        cause: String,
    },
    /// A step failed.
    #[error("Error running step {step}: {cause}")]
    Running {
        /// Number of the step.
        step: u32,
        /// Why.
        cause: String,
    },
    /// A batch failed.
    #[error("Error running steps {first}-{last}: {cause}")]
    RunningBatch {
        /// Number of the first step.
        first: u32,
        /// Number of the last step.
        last: u32,
        /// Why.
        cause: String,
    },
    /// No such action.
    #[error("Unknown action name: {action}{}", suggestion(action))]
    UnknownAction {
        /// The name given.
        action: String,
    },
}

impl ScriptError {
    /// The code of the original.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Validating { .. } => 1,
            Self::Decoding { .. } => 5,
            Self::Resolving { .. } => 6,
            Self::OutputTwice { .. } | Self::WritingOutput { .. } => 8,
            Self::Running { .. } | Self::RunningBatch { .. } => 9,
            Self::UnknownAction { .. } => 10,
        }
    }
}

fn suggestion(action: &str) -> String {
    let known = Kind::ALL.map(Kind::name);
    nearest(action, known)
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default()
}
