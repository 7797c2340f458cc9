/* Made from openapi/log-api.json by `npm run api`. */

export interface paths {
    "/api/v1/trace-diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Two traces, aligned by the path of each step and the order within its parent, so that loops and
         *     missing steps stay in their places.
         */
        get: {
            parameters: {
                query: {
                    /** @description The trace that is compared with, as `7/node/hash`. */
                    a: string;
                    /** @description The other one, likewise. */
                    b: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TraceDiffAnswer"];
                    };
                };
                /** @description The answer is the one that the client has. */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description A parameter or the path cannot be read. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description Reading needs a token here, and the request has none that is valid. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The token does not permit this, or the request is a page's of a stranger. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description There is no such thing, or no such route. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The service failed; its log says why. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long, or is too long. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/traces/{deployment}/{node}/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The trace of a block at a node, with the tree of its checkpoints. */
        get: {
            parameters: {
                query?: {
                    /** @description Leaves checkpoints out that are deeper than this; 0 leaves those at the top level. */
                    depth?: number;
                    /** @description `next` of the page before; the first page unless given. */
                    cursor?: string;
                    /** @description Most checkpoints, 1 to 100,000, which is the default. */
                    limit?: number;
                };
                header?: never;
                path: {
                    /** @description The deployment */
                    deployment: number;
                    /** @description Name of the node */
                    node: string;
                    /** @description State hash of the block */
                    hash: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TraceAnswer"];
                    };
                };
                /** @description The answer is the one that the client has. */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description A parameter or the path cannot be read. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description Reading needs a token here, and the request has none that is valid. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The token does not permit this, or the request is a page's of a stranger. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description There is no such thing, or no such route. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The service failed; its log says why. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long, or is too long. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/traces/{deployment}/{node}/{hash}/checkpoints/{index}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One checkpoint of a trace with what the node noted with it. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The deployment */
                    deployment: number;
                    /** @description Name of the node */
                    node: string;
                    /** @description State hash of the block */
                    hash: string;
                    /** @description Its `index` in the trace */
                    index: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TraceCheckpointAnswer"];
                    };
                };
                /** @description The answer is the one that the client has. */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description A parameter or the path cannot be read. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description Reading needs a token here, and the request has none that is valid. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The token does not permit this, or the request is a page's of a stranger. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description There is no such thing, or no such route. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The service failed; its log says why. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long, or is too long. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/traces/{deployment}/{node}/{hash}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest trace of a block at a node, as an attachment. */
        get: {
            parameters: {
                query?: {
                    /** @description `perfetto`, which is the default, `otlp` or `json`. */
                    format?: string;
                };
                header?: never;
                path: {
                    /** @description The deployment */
                    deployment: number;
                    /** @description Name of the node */
                    node: string;
                    /** @description State hash of the block */
                    hash: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The file */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": unknown;
                        "application/octet-stream": number[];
                    };
                };
                /** @description The answer is the one that the client has. */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description A parameter or the path cannot be read. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description Reading needs a token here, and the request has none that is valid. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The token does not permit this, or the request is a page's of a stranger. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description There is no such thing, or no such route. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The service failed; its log says why. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long, or is too long. */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description How much of nodes' log entries is stored. */
        Completeness: {
            /**
             * Format: int64
             * @description Entries that are known to be lost.
             */
            lost_entries: number;
            /**
             * Format: int64
             * @description Nodes that were read.
             */
            nodes: number;
            /**
             * Format: int64
             * @description Those of them with lost entries or gaps.
             */
            nodes_with_loss: number;
            /**
             * Format: double
             * @description Stored entries as a share of all that are known; null where nothing is stored.
             */
            share?: number | null;
            /**
             * Format: int64
             * @description Entries that are stored.
             */
            stored_entries: number;
            /**
             * Format: int64
             * @description Gaps of a size that nobody can know.
             */
            unknown_gaps: number;
        };
        /** @description The body of every refusal. */
        Error: {
            /** @description What went wrong. */
            error: components["schemas"]["ErrorContent"];
        };
        /** @description What went wrong. */
        ErrorContent: {
            /** @description A stable word for programs. */
            code: string;
            /** @description What is wrong with which parameter; absent where nothing more is known. */
            details?: components["schemas"]["ErrorDetail"][];
            /** @description One sentence for people. */
            message: string;
            /** @description The id of the request in the service's log; absent outside of requests. */
            request_id?: string;
        };
        /** @description What is wrong with one parameter. */
        ErrorDetail: {
            /** @description One sentence for people. */
            message: string;
            /** @description The known value or name that may be meant. */
            nearest?: string;
            /** @description The parameter; absent if it is about the request as a whole. */
            parameter?: string;
        };
        /** @description What an answer rests on. */
        Meta: {
            /** @description When it was read, by the clock of the database. */
            as_of: string;
            /** @description How much of the log entries of this deployment and time is stored. */
            completeness: components["schemas"]["Completeness"];
            /**
             * Format: int32
             * @description The deployment; null if there is none.
             */
            deployment_id?: number | null;
            /**
             * Format: int64
             * @description Beginning of the time that was asked about.
             */
            from?: number | null;
            /** @description Gives the next rows as `cursor`; null at the end. */
            next?: string | null;
            /**
             * Format: int64
             * @description How many rows there are in all.
             */
            total?: number | null;
            /**
             * Format: int64
             * @description End of the time that was asked about.
             */
            until?: number | null;
        };
        /** @description A block trace. */
        Trace: components["schemas"]["TraceHead"] & {
            /** @description What the node did with the block afterwards, on every page. */
            after_success: components["schemas"]["TraceColumns"];
            /** @description What is said of the whole block, but for the log of its transactions. */
            block_metadata: Record<string, never>;
            /** @description The checkpoints up to the end of the block's processing, in depth-first order: a page of them. */
            columns: components["schemas"]["TraceColumns"];
            /** @description Log entries of the node that are missing from the time of the trace. */
            gaps: components["schemas"]["TraceGap"][];
            /** @description Names of checkpoints, each once. */
            names: string[];
            /** @description The trace has more than 100,000 entries; later ones are left out. */
            truncated: boolean;
        };
        /** @description Answer of `/api/v1/traces/{deployment}/{node}/{hash}` of the log API. */
        TraceAnswer: {
            /** @description What it rests on: the log entries of the node in the time of the trace. */
            meta: components["schemas"]["Meta"];
            /** @description The trace. */
            trace: components["schemas"]["Trace"];
        };
        /** @description Answer of `/api/v1/traces/{deployment}/{node}/{hash}/checkpoints/{index}` of the log API. */
        TraceCheckpointAnswer: {
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
            /** @description What the node noted with it. */
            metadata: Record<string, never>;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description Time without its parts.
             */
            own_us: number;
            /**
             * Format: int64
             * @description When it began, microseconds since 1970.
             */
            started: number;
            /**
             * Format: int64
             * @description Time with all parts.
             */
            total_us: number;
        };
        /** @description Checkpoints, one array for each column. */
        TraceColumns: {
            /** @description 0 at the top level. */
            depth: number[];
            /** @description `1` for each that has metadata, `0` for others. */
            has_metadata: string;
            /** @description Position among all checkpoints of the trace, by which one is asked for. */
            index: number[];
            /** @description One letter for each: `M` main process, `P` prover, `V` verifier. */
            lane: string;
            /** @description Position of its name in `names`. */
            name: number[];
            /** @description Time without its parts. */
            own_us: number[];
            /** @description When it began, after `started`. */
            start_us: number[];
            /** @description Time with all parts. */
            total_us: number[];
            /**
             * @description How many times longer it took than is usual: than the median over the nodes that have the
             *     block or, where only this one has it, over its last 100 blocks. Null where nothing is known.
             */
            usual: (number | null)[];
        };
        /** @description Two traces beside each other, step by step. */
        TraceDiff: {
            /** @description The one that is compared with. */
            a: components["schemas"]["TraceHead"];
            /** @description The other one. */
            b: components["schemas"]["TraceHead"];
            /** @description The aligned steps, in depth-first order. */
            columns: components["schemas"]["TraceDiffColumns"];
            /**
             * Format: double
             * @description Time of b minus time of a.
             */
            difference_s: number;
            /** @description The checkpoints with the greatest differences in own time, at most 20. */
            explained: components["schemas"]["TraceDiffStep"][];
            /** @description Names of checkpoints, each once. */
            names: string[];
            /**
             * Format: double
             * @description The part of the difference that no listed checkpoint has: they and it sum to the difference.
             */
            residue_s: number;
            /** @description One of the traces has more than 100,000 entries; later ones are left out. */
            truncated: boolean;
        };
        /** @description Answer of `/api/v1/trace-diff` of the log API. */
        TraceDiffAnswer: {
            /** @description The two traces. */
            diff: components["schemas"]["TraceDiff"];
            /** @description What they rest on: the log entries of the node of `b` in the time of its trace. */
            meta: components["schemas"]["Meta"];
        };
        /** @description Aligned steps, one array for each column. Null stands for what a trace has not. */
        TraceDiffColumns: {
            /** @description Position in trace a. */
            a_index: (number | null)[];
            /** @description Time with all parts in a. */
            a_total_us: (number | null)[];
            /** @description Position in trace b. */
            b_index: (number | null)[];
            /** @description Time with all parts in b. */
            b_total_us: (number | null)[];
            /** @description Own time in b minus own time in a. */
            delta_own_us: number[];
            /** @description 0 at the top level. */
            depth: number[];
            /** @description Position of its name in `names`. */
            name: number[];
        };
        /** @description A checkpoint by its part of a difference. */
        TraceDiffStep: {
            /**
             * Format: double
             * @description Own time in b minus own time in a.
             */
            delta_s: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: double
             * @description Share of the difference; negative where it has the other sign.
             */
            share: number;
        };
        /** @description Log entries that are missing from the time of a trace. */
        TraceGap: {
            /**
             * Format: int64
             * @description End, likewise.
             */
            end_us: number;
            /**
             * Format: int64
             * @description How many; null if nobody can know.
             */
            missing?: number | null;
            /**
             * Format: int64
             * @description Beginning, after `started`, cut to the time of the trace.
             */
            start_us: number;
        };
        /** @description What a trace is of. */
        TraceHead: {
            /**
             * Format: int32
             * @description The deployment.
             */
            deployment_id: number;
            /** @description State hash of the block; `0` for what happened outside of blocks. */
            hash: string;
            /**
             * Format: int64
             * @description Blockchain length.
             */
            height?: number | null;
            /** @description The node. */
            node: string;
            /**
             * Format: int64
             * @description Global slot.
             */
            slot?: number | null;
            /** @description Where the node got the block from. */
            source: string;
            /**
             * Format: int64
             * @description When it began by the node's clock, microseconds since 1970; null before its first checkpoint.
             */
            started?: number | null;
            /** @description `Pending`, `Success` or `Failure`. */
            status: string;
            /**
             * Format: double
             * @description Total time; null while it is not known.
             */
            total_s?: number | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
