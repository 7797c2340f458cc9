//! The table of the API's fields and arguments. The schema that clients see and
//! the checks of their requests are both made from it, so they cannot differ.

/// The name of the query type, as clients of the original know it.
pub(crate) const QUERY_TYPE: &str = "query";
/// The scalar that every field answers with.
pub(crate) const JSON_TYPE: &str = "JSON";
/// The enumeration of [`ArgumentType::Order`]. The original's name for it has a
/// blank, which is not a legal name.
pub(crate) const ORDER_TYPE: &str = "ResultsOrder";
/// Its value for oldest first.
pub(crate) const ASCENDING: &str = "Ascending";
/// Its value for newest first.
pub(crate) const DESCENDING: &str = "Descending";

/// The most block traces in one answer, also the default.
pub(crate) const MAX_TRACES: i32 = 10_000;

/// A field of the query type.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) kind: FieldKind,
    pub(crate) name: &'static str,
    pub(crate) nullable: bool,
    pub(crate) description: &'static str,
    pub(crate) arguments: &'static [Argument],
}

/// Which field it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldKind {
    BlockTrace,
    BlockStructuredTrace,
    BlockTraces,
    Deployments,
    Nodes,
    Distribution,
    DistributionStructured,
}

/// An argument of a field.
#[derive(Debug)]
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    /// A second spelling that clients may use, because the fields of the
    /// original differ in it.
    pub(crate) other_spelling: Option<&'static str>,
    pub(crate) kind: ArgumentType,
    pub(crate) description: &'static str,
}

/// What an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArgumentType {
    RequiredString,
    Int,
    Order,
}

impl ArgumentType {
    /// The type in GraphQL's notation.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::RequiredString => "String!",
            Self::Int => "Int",
            Self::Order => ORDER_TYPE,
        }
    }
}

/// The field of a name.
pub(crate) fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

pub(crate) const BLOCK_IDENTIFIER: Argument = Argument {
    name: "block_identifier",
    other_spelling: None,
    kind: ArgumentType::RequiredString,
    description: "State hash of the block; its slot number while the hash is not known",
};
pub(crate) const NODE_NAME: Argument = Argument {
    name: "node_name",
    other_spelling: None,
    kind: ArgumentType::RequiredString,
    description: "Name of the node, as listed by `nodes`",
};
pub(crate) const DEPLOYMENT_ID: Argument = Argument {
    name: "deployment_id",
    other_spelling: Some("deploymentId"),
    kind: ArgumentType::Int,
    description: "The deployment; without it the newest one",
};
/// The same argument as the fields about distributions spell it.
const DEPLOYMENT_ID_CAMEL: Argument = Argument {
    name: "deploymentId",
    other_spelling: Some("deployment_id"),
    ..DEPLOYMENT_ID
};
pub(crate) const MAX_LENGTH: Argument = Argument {
    name: "maxLength",
    other_spelling: None,
    kind: ArgumentType::Int,
    description: "The most traces to answer with: 10000, also without it",
};
pub(crate) const OFFSET: Argument = Argument {
    name: "offset",
    other_spelling: None,
    kind: ArgumentType::Int,
    description: "How many traces to leave out first: 0 without it",
};
pub(crate) const HEIGHT: Argument = Argument {
    name: "height",
    other_spelling: None,
    kind: ArgumentType::Int,
    description: "Only blocks of this height and the `chainLength` - 1 below it",
};
pub(crate) const GLOBAL_SLOT: Argument = Argument {
    name: "global_slot",
    other_spelling: None,
    kind: ArgumentType::Int,
    description: "Only blocks of this slot and the `chainLength` - 1 before it; `height` is then ignored",
};
pub(crate) const CHAIN_LENGTH: Argument = Argument {
    name: "chainLength",
    other_spelling: None,
    kind: ArgumentType::Int,
    description: "How many heights or slots: 1 without it",
};
pub(crate) const ORDER: Argument = Argument {
    name: "order",
    other_spelling: None,
    kind: ArgumentType::Order,
    description: "By the time when the trace began to be stored: Ascending without it",
};

/// [`MAX_LENGTH`] of the fields about one block.
pub(crate) const MAX_ENTRIES: Argument = Argument {
    description: "The most entries to make the answer from: 100000, also without it. Only the \
                  trace of block `0`, everything outside of blocks, has more",
    ..MAX_LENGTH
};
/// [`OFFSET`] of the fields about one block.
pub(crate) const OFFSET_ENTRIES: Argument = Argument {
    description: "How many entries to leave out first: 0 without it. For pages of block `0`",
    ..OFFSET
};

const ONE_BLOCK: &[Argument] = &[
    BLOCK_IDENTIFIER,
    DEPLOYMENT_ID,
    NODE_NAME,
    MAX_ENTRIES,
    OFFSET_ENTRIES,
];
const DISTRIBUTION: &[Argument] = &[DEPLOYMENT_ID_CAMEL, NODE_NAME];

/// All fields.
pub(crate) static FIELDS: [Field; 7] = [
    Field {
        kind: FieldKind::BlockTrace,
        name: "blockTrace",
        nullable: true,
        description: "The trace of one block on one node: its checkpoints as a flat list",
        arguments: ONE_BLOCK,
    },
    Field {
        kind: FieldKind::BlockStructuredTrace,
        name: "blockStructuredTrace",
        nullable: true,
        description: "The trace of one block on one node: its checkpoints as a tree",
        arguments: ONE_BLOCK,
    },
    Field {
        kind: FieldKind::BlockTraces,
        name: "blockTraces",
        nullable: false,
        description: "The block traces of one node, without their checkpoints",
        arguments: &[
            MAX_LENGTH,
            OFFSET,
            HEIGHT,
            GLOBAL_SLOT,
            CHAIN_LENGTH,
            ORDER,
            DEPLOYMENT_ID,
            NODE_NAME,
        ],
    },
    Field {
        kind: FieldKind::Deployments,
        name: "deployments",
        nullable: false,
        description: "The ids of all deployments, ascending",
        arguments: &[],
    },
    Field {
        kind: FieldKind::Nodes,
        name: "nodes",
        nullable: false,
        description: "The nodes of a deployment that have block traces",
        arguments: &[DEPLOYMENT_ID],
    },
    Field {
        kind: FieldKind::Distribution,
        name: "blockTracesDistribution",
        nullable: false,
        description: "How long each checkpoint took on one node, ascending by total time",
        arguments: DISTRIBUTION,
    },
    Field {
        kind: FieldKind::DistributionStructured,
        name: "blockTracesDistributionStructured",
        nullable: false,
        description: "How long each checkpoint took on one node, as a tree",
        arguments: DISTRIBUTION,
    },
];
