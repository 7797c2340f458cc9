/** By what calls of a checkpoint are told apart. */
export type Group = "node" | "round" | "deployment";
