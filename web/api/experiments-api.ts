/* Made from openapi/experiments-api.json by `npm run api`. */

export interface paths {
    "/api/experiments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rounds of all experiments. */
        get: {
            parameters: {
                query?: {
                    /** @description How many rows at most. */
                    limit?: number;
                    /** @description Rows to pass over. */
                    offset?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The rounds. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Round"][];
                    };
                };
                /** @description The request is wrong, and how. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"] | components["schemas"]["Error"];
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
                /** @description The database failed. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["QueryFailure"] | components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long. */
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
    "/api/experiments/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The rounds of all experiments. */
        get: {
            parameters: {
                query?: {
                    /** @description How many rows at most. */
                    limit?: number;
                    /** @description Rows to pass over. */
                    offset?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The rounds. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Round"][];
                    };
                };
                /** @description The request is wrong, and how. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"] | components["schemas"]["Error"];
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
                /** @description The database failed. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["QueryFailure"] | components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long. */
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
    "/api/experiment/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The state of an experiment. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Name of the experiment */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description An array of one element or none. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["State"][];
                    };
                };
                /** @description The request is wrong, and how. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"] | components["schemas"]["Error"];
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
                /** @description The database failed. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["QueryFailure"] | components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long. */
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
    "/api/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins a deployment. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description What is to be noted of it. */
            requestBody: {
                content: {
                    "application/json": {
                        data: Record<string, never>;
                    };
                };
            };
            responses: {
                /** @description It is the newest now. */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            message: string;
                            deployment_id: number;
                        };
                    };
                };
                /** @description The body is wrong, and how. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"];
                    };
                };
                /** @description The service needs a token, which the request lacks. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description A page of another machine, or a request that is not for this service. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The body is too large. */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"];
                    };
                };
                /** @description The body is not JSON. */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"];
                    };
                };
                /** @description It could not be stored. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"] | components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long. */
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
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/node-restarts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Notes the restart of a node. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description The restart. */
            requestBody: {
                content: {
                    "application/json": {
                        node_name: string;
                        reason?: string;
                        code?: number;
                        object_name?: string;
                        object_namespace?: string;
                        container_name?: string;
                        restart_count?: number;
                    };
                };
            };
            responses: {
                /** @description It is noted. */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            message: string;
                            id: number;
                            time: string | null;
                        };
                    };
                };
                /** @description The body is wrong, and how. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"];
                    };
                };
                /** @description The service needs a token, which the request lacks. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description A page of another machine, or a request that is not for this service. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description There is no deployment yet. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"];
                    };
                };
                /** @description The body is too large. */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"];
                    };
                };
                /** @description The body is not JSON. */
                415: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"];
                    };
                };
                /** @description It could not be stored. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"] | components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long. */
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
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tracing/cleanup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Deletes traces of old deployments that never ended. */
        post: {
            parameters: {
                query?: {
                    /** @description Says what would be deleted, and deletes nothing. */
                    dry_run?: boolean;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description What would be deleted. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            message: string;
                            would_delete: {
                                deployments: number;
                                traces: number;
                                checkpoints: number;
                            };
                        };
                    };
                };
                /** @description They are deleted. */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            message: string;
                            deleted: {
                                deployments: number;
                                traces: number;
                                checkpoints: number;
                            };
                        };
                    };
                };
                /** @description The request is wrong, and how. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"] | components["schemas"]["Error"];
                    };
                };
                /** @description The service needs a token, which the request lacks. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description A page of another machine, or a request that is not for this service. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description It could not be stored. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Refusal"] | components["schemas"]["Error"];
                    };
                };
                /** @description The answer took too long. */
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
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attribution": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What made a set of traces slower than a base: the checkpoints by their share of the excess in own
         *     time.
         */
        get: {
            parameters: {
                query: {
                    /**
                     * @description The traces to explain, as in `blocks:868..871;nodes:a,b`, `run:ramp-3;round:4`,
                     *     `source:External`, `slower:p95` or `faster:p50`.
                     */
                    set: string;
                    /** @description What they are compared with, likewise; the usual traces of the same nodes unless given. */
                    base?: string;
                    /** @description The deployment; that of a run, or else the newest, unless given. */
                    deployment?: number;
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
                        "application/json": components["schemas"]["AttributionAnswer"];
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
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The audit log, newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description Only entries with this text in actor, address, path, target or request id. */
                    q?: string;
                    /** @description `next` of the page before; the first page unless given. */
                    cursor?: string;
                    /** @description Most rows, 1 to 500; 100 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["AuditAnswer"];
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
    "/api/v1/blocks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Blocks with what nodes did with them, newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description Only blocks at this height, or whose hash begins with this. */
                    q?: string;
                    /** @description `height` or `slot`: what blocks are ordered by, greatest first. */
                    by?: string;
                    /** @description Only blocks below this height or slot. */
                    before?: number;
                    /** @description `next` of the page before, instead of `before`. */
                    cursor?: number;
                    /** @description Most blocks, 1 to 500; 100 unless given. Blocks at one height stay together. */
                    limit?: number;
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
                        "application/json": components["schemas"]["BlocksAnswer"];
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
    "/api/v1/blocks/matrix": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest blocks on all nodes. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /**
                     * @description `lag` after the first node, `lag2` after the second, or `apply` for the time of the trace of a
                     *     block that the node did not make, all in seconds; or `completeness`, the stored part of the
                     *     node's log entries at the time of the block, by whole minutes.
                     */
                    metric?: string;
                    /** @description Most blocks, 1 to 500; 200 unless given. */
                    blocks?: number;
                    /** @description Only blocks below this height. */
                    before?: number;
                    /** @description Order of the nodes: `name`, or `median` for the worst median first. */
                    order?: string;
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
                        "application/json": components["schemas"]["MatrixAnswer"];
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
    "/api/v1/blocks/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One block on all nodes. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                };
                header?: never;
                path: {
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
                        "application/json": components["schemas"]["BlockAnswer"];
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
    "/api/v1/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The times of checkpoints over the block traces of the scope, of the newest 20,000 if it has more. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description `own` time, without the parts of a checkpoint, or `total` with them; own unless given. */
                    stat?: string;
                    /**
                     * @description Where the nodes got the blocks from: `External`, `Internal`, `Catchup`, `Reconstruct` or
                     *     `Unknown`; any unless given.
                     */
                    source?: string;
                    /** @description The traces of one block, by its state hash; those of all blocks unless given. */
                    block?: string;
                    /** @description Part of a name. */
                    q?: string;
                    /** @description `none`, or `node`, `round` or `deployment` for a row for each. Rounds need a run. */
                    group?: string;
                    /**
                     * @description With `group=deployment`: up to eight of them with commas between them. Unless given, that of
                     *     the scope and the one before it.
                     */
                    deployments?: string;
                    /** @description `total`, `name`, `calls`, `p50`, `p90`, `p95`, `p99` or `max`; total unless given. */
                    sort?: string;
                    /** @description `asc` or `desc`; the greatest first, names from a to z, unless given. */
                    order?: string;
                    /** @description `next` of the page before; the first page unless given. */
                    cursor?: string;
                    /** @description Most rows, 1 to 500; 100 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["CheckpointsAnswer"];
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
    "/api/v1/checkpoints/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One checkpoint in detail: by node, over time, and its slowest calls. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description `own` time, without the parts of a checkpoint, or `total` with them; own unless given. */
                    stat?: string;
                    /**
                     * @description Where the nodes got the blocks from: `External`, `Internal`, `Catchup`, `Reconstruct` or
                     *     `Unknown`; any unless given.
                     */
                    source?: string;
                    /** @description The traces of one block, by its state hash; those of all blocks unless given. */
                    block?: string;
                    /** @description Names the slowest calls of one bucket instead of those of all: its position, from 0. */
                    bucket?: number;
                };
                header?: never;
                path: {
                    /** @description Name of the checkpoint */
                    name: string;
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
                        "application/json": components["schemas"]["CheckpointAnswer"];
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
    "/api/v1/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs beside each other: what differs by more than chance. */
        get: {
            parameters: {
                query: {
                    /**
                     * @description Two to eight names with commas between them. The last is compared with the base. `name@7` is the
                     *     run as deployment 7 has it; otherwise it is that of the deployment in which it was started, or
                     *     else of the newest with it.
                     */
                    runs: string;
                    /** @description One of them; the first unless given. */
                    base?: string;
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
                        "application/json": components["schemas"]["ComparisonAnswer"];
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
    "/api/v1/completeness/minutes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Stored and lost entries of each node by the minute, or by longer steps where those would be more
         *     than `steps`.
         */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description Most columns, 1 to 1440; 1440 unless given. */
                    steps?: number;
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
                        "application/json": components["schemas"]["MinutesAnswer"];
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
    "/api/v1/database": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sizes and load of the database. */
        get: {
            parameters: {
                query?: never;
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
                        "application/json": components["schemas"]["DatabaseAnswer"];
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
    "/api/v1/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All deployments, newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description `next` of the page before; the first page unless given. */
                    cursor?: string;
                    /** @description Most rows, 1 to 500; 100 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["DeploymentsAnswer"];
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
    "/api/v1/deployments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Drops a deployment that is not the newest, with everything that belongs to it. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The deployment */
                    id: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description It is gone. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description The path or the body cannot be read. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The token is missing or wrong. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description This page may not change anything. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description There is no such deployment. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description It is the newest, into which services write. */
                409: {
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
                /** @description It is read or written all the time. */
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
        options?: never;
        head?: never;
        /** Changes the note of a deployment. */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The deployment */
                    id: number;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["Note"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Note"];
                    };
                };
                /** @description The path or the body cannot be read. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The token is missing or wrong. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description This page may not change anything. */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description There is no such deployment. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description It is the newest, into which services write. */
                409: {
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
                /** @description It is read or written all the time. */
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
        trace?: never;
    };
    "/api/v1/experiments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Experiments with their verdicts, newest first unless sorted otherwise: those that were started
         *     here, and those that are known by their transactions only.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Part of a name. */
                    q?: string;
                    /** @description One deployment; all unless given. */
                    deployment?: number;
                    /** @description `running`, `success`, `error`, `canceled`, … */
                    status?: string;
                    /** @description `pass`, `fail` or `not_enough_data`. */
                    verdict?: string;
                    /**
                     * @description `started`, `name`, `status`, `deployment`, `ended`, `duration`, `rounds`, `intended`,
                     *     `included`, `latency_p95`, `completeness`, `verdict` or `seed`; started unless given. With a
                     *     verdict, or sorted by one, by what was intended or by completeness, the newest 1,000 are
                     *     looked at.
                     */
                    sort?: string;
                    /** @description `asc` or `desc`; the greatest first unless given. */
                    order?: string;
                    /** @description `next` of the page before; the first page unless given. */
                    cursor?: string;
                    /** @description Most rows, 1 to 500; 100 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["ExperimentsAnswer"];
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
    "/api/v1/experiments/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One run. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Name of the run */
                    name: string;
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
                        "application/json": components["schemas"]["Experiment"];
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
    "/api/v1/experiments/{name}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events of a run: `log`, `step` and `status`. The stream ends when the run has ended and all its
         *     events were sent.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Only events with greater numbers; the header `Last-Event-ID` says the same. */
                    after?: number;
                };
                header?: never;
                path: {
                    /** @description Name of the run */
                    name: string;
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
                        "text/event-stream": components["schemas"]["EventData"];
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
    "/api/v1/experiments/{name}/journal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What has happened in a run so far. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Name of the run */
                    name: string;
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
                        "application/json": components["schemas"]["Journal"];
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
    "/api/v1/experiments/{name}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an experiment came to: verdict, thresholds, the fates of all transactions by round. */
        get: {
            parameters: {
                query?: {
                    /**
                     * @description The deployment; unless given, that in which the run was started, or else the newest that has
                     *     transactions of it.
                     */
                    deployment?: number;
                };
                header?: never;
                path: {
                    /** @description Name of the experiment */
                    name: string;
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
                        "application/json": components["schemas"]["ResultsAnswer"];
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
    "/api/v1/gaps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Missing log entries, newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description `next` of the page before; the first page unless given. */
                    cursor?: string;
                    /** @description Most rows, 1 to 500; 100 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["GapsAnswer"];
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
    "/api/v1/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What went wrong, newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description Most incidents, 1 to 500; 20 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["IncidentsAnswer"];
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
    "/api/v1/leases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which process does what only one may do at a time. */
        get: {
            parameters: {
                query?: never;
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
                        "application/json": components["schemas"]["LeasesAnswer"];
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
    "/api/v1/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A window of the nodes of a deployment. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description Part of a name, host or state. */
                    q?: string;
                    /** @description Their state. */
                    state?: string;
                    /** @description Their role. */
                    role?: "producer" | "other";
                    /**
                     * @description `name`, `state`, `height`, `behind`, `lag`, `lag2`, `apply_p50`, `apply_p95`,
                     *     `completeness`, `lost`, `unknown_gaps`, `poll`, `age` or `restarts`.
                     */
                    sort?: string;
                    /** @description `asc` or `desc`. */
                    order?: string;
                    /** @description Nodes to pass over. */
                    offset?: number;
                    /** @description Most nodes, 1 to 500; 200 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["NodesAnswer"];
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
    "/api/v1/nodes/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One node of a deployment. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                };
                header?: never;
                path: {
                    /** @description Name of the node */
                    name: string;
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
                        "application/json": components["schemas"]["NodeAnswer"];
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
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The four questions in one answer: is the data complete, the network healthy, how are blocks,
         *     how does the experiment go.
         */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
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
                        "application/json": components["schemas"]["OverviewAnswer"];
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
    "/api/v1/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Figures over network time. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description Names of figures with commas between them; all unless given. */
                    metric?: string;
                    /** @description Seconds between points, at least. They are whole minutes, and at most 600 points. */
                    step?: number;
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
                        "application/json": components["schemas"]["SeriesAnswer"];
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
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asks, by the token that the request presents. */
        get: {
            parameters: {
                query?: never;
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
                        "application/json": components["schemas"]["SessionAnswer"];
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
    "/api/v1/snark-work": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** SNARK work, newest first unless sorted otherwise, and how much was open over time. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /** @description Part of a prover's public key. */
                    q?: string;
                    /** @description What one of its parts proves, such as `merge`. */
                    kind?: string;
                    /** @description `first` event, `delay`, `fee` or `interruptions`; first unless given. */
                    sort?: string;
                    /** @description `asc` or `desc`; the greatest first unless given. */
                    order?: string;
                    /** @description `next` of the page before; the first page unless given. */
                    cursor?: string;
                    /** @description Most rows, 1 to 500; 100 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["SnarkWorkAnswer"];
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
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tokens, without their secrets. */
        get: {
            parameters: {
                query?: never;
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
                        "application/json": components["schemas"]["Tokens"];
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
        /** Makes a token. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TokenRequest"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NewToken"];
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
                /** @description The name is taken, or there are too many */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The body is too large */
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description The body is not JSON */
                415: {
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
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a token: services refuse it within seconds. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Number of the token */
                    id: number;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description It is revoked */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
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
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transactions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Transactions, newest first unless sorted otherwise. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                    /**
                     * @description `applied`, `failed`, or `included` for both; `waiting`, `missed`, `unknown`, or `pending` for
                     *     these three. Transactions that were refused or never seen have no row.
                     */
                    fate?: string;
                    /** @description `zkapp`, or `payment` for all others. */
                    kind?: string;
                    /** @description Part of the reason of a failure. */
                    reason?: string;
                    /** @description Part of a hash or memo. */
                    q?: string;
                    /** @description `seen`, `latency`, `nodes` or `fate`; seen unless given. */
                    sort?: string;
                    /** @description `asc` or `desc`; the greatest first unless given. */
                    order?: string;
                    /** @description `next` of the page before; the first page unless given. */
                    cursor?: string;
                    /** @description Most rows, 1 to 500; 100 unless given. */
                    limit?: number;
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
                        "application/json": components["schemas"]["TransactionsAnswer"];
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
    "/api/v1/transactions/flow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many transactions came how far. With a run, those of the run, with every fate. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
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
                        "application/json": components["schemas"]["FlowAnswer"];
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
    "/api/v1/transactions/latency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How long transactions took from the pool into a block, over time. With a run, those of the run. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
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
                        "application/json": components["schemas"]["LatencyAnswer"];
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
    "/api/v1/transactions/{hash}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One transaction, and what nodes did with it. */
        get: {
            parameters: {
                query?: {
                    /** @description The deployment; that of the run, or else the newest, unless given. */
                    deployment?: number;
                    /** @description Beginning by the nodes' clocks: RFC 3339, or microseconds since 1970. */
                    from?: string;
                    /** @description End, likewise. */
                    until?: string;
                    /** @description A run: what is within its time. */
                    run?: string;
                    /** @description One of its rounds, from 0. */
                    round?: number;
                    /** @description Names of nodes with commas between them. */
                    nodes?: string;
                };
                header?: never;
                path: {
                    /** @description Hash of the transaction */
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
                        "application/json": components["schemas"]["TransactionAnswer"];
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
        Refusal: {
            error: string;
        };
        QueryFailure: {
            message: string;
        };
        Round: {
            exp: string;
            round: number;
            deployment_id: number;
            rate_min: string | null;
            zkapp_rate_min: string | null;
            payment_rate_min: string | null;
            /** @description Parts of an interval that are not zero. */
            duration: Record<string, never>;
            /** @description Parts of an interval that are not zero. */
            max_latency: Record<string, never>;
            missed: string;
            failed: string;
            successful: string;
            start: string | null;
            total: string;
            zkapps: string;
        };
        State: {
            name: string;
            description: string;
            status: string;
        };
        /** @description The body of every refusal. */
        Error: {
            /** @description What went wrong. */
            error: components["schemas"]["ErrorContent"];
        };
        /** @description Where the traces of a deployment are. `loadlab archive restore` brings them back. */
        ArchivedAt: {
            /** @description Since when they are not in the database, in RFC 3339. */
            since: string;
            /** @description The archive. */
            url: string;
        };
        /** @description What made a set of traces slower than a base, in own time. */
        Attribution: {
            /** @description The base. */
            base: components["schemas"]["AttributionBase"];
            /** @description The checkpoints, those whose excess is more than chance first; faster ones last. */
            checkpoints: components["schemas"]["CheckpointExcess"][];
            /**
             * Format: double
             * @description Mean of the set minus mean of the base; null without enough traces.
             */
            excess_s?: number | null;
            /**
             * Format: double
             * @description Share of all excess of checkpoints that those listed have.
             */
            explained?: number | null;
            /** @description What is missing, where the data are not enough. */
            reason?: string | null;
            /** @description The set. */
            set: components["schemas"]["AttributionSet"];
            /** @description Whether a few checkpoints explain it. */
            verdict: components["schemas"]["AttributionVerdict"];
        };
        /** @description Answer of `/api/v1/attribution`. */
        AttributionAnswer: {
            /** @description The attribution. */
            attribution: components["schemas"]["Attribution"];
            /** @description What it rests on. */
            meta: components["schemas"]["Meta"];
        };
        /** @description The traces to compare with. */
        AttributionBase: {
            /**
             * Format: double
             * @description Stored log entries of these nodes in the time of these traces, as a share of all.
             */
            completeness?: number | null;
            /**
             * Format: double
             * @description Mean total; null without traces.
             */
            mean_s?: number | null;
            /**
             * Format: double
             * @description Median total; null without traces.
             */
            median_s?: number | null;
            /** @description How it was chosen. */
            rule: string;
            /**
             * Format: int64
             * @description Traces.
             */
            traces: number;
        };
        /** @description The traces to explain. */
        AttributionSet: {
            /**
             * Format: int64
             * @description Blocks.
             */
            blocks: number;
            /**
             * Format: double
             * @description Stored log entries of these nodes in the time of these traces, as a share of all.
             */
            completeness?: number | null;
            /**
             * Format: double
             * @description Mean total; null without traces.
             */
            mean_s?: number | null;
            /**
             * Format: int64
             * @description Nodes.
             */
            nodes: number;
            /**
             * Format: int64
             * @description Traces.
             */
            traces: number;
        };
        /**
         * @description Whether an excess is explained.
         * @enum {string}
         */
        AttributionVerdict: "explained" | "spread" | "not_enough_data";
        /** @description Who has changed what. */
        AuditAnswer: {
            /** @description Newest first. */
            entries: components["schemas"]["Entry"][];
            /** @description What the answer rests on. */
            meta: components["schemas"]["Meta"];
        };
        BTreeMap: {
            [key: string]: number;
        };
        /** @description A block as traces have it. */
        Block: {
            /** @description Whether it is on the best chain; null while that is not decided. */
            canonical?: boolean | null;
            /**
             * Format: int64
             * @description When the first node had it.
             */
            first_seen?: number | null;
            /** @description State hash. */
            hash: string;
            /**
             * Format: int64
             * @description Blockchain length.
             */
            height?: number | null;
            /** @description Who made it. */
            producer?: string | null;
            /**
             * Format: int64
             * @description Global slot.
             */
            slot?: number | null;
            /**
             * Format: int64
             * @description SNARK works in it; null unless its producer's trace says.
             */
            snark_works?: number | null;
            /**
             * Format: int64
             * @description Signed commands in it.
             */
            user_commands?: number | null;
            /**
             * Format: int64
             * @description zkApp commands in it.
             */
            zkapps?: number | null;
        };
        /** @description Answer of `/api/v1/blocks/{hash}`. */
        BlockAnswer: {
            /** @description The block. */
            block: components["schemas"]["Block"];
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
            /** @description Other blocks at its height. */
            siblings: components["schemas"]["Block"][];
            /** @description Its traces, in the order in which nodes had it; at most 1,000. */
            traces: components["schemas"]["BlockTraceRow"][];
        };
        /** @description Blocks of the scope. */
        BlockCounts: {
            /**
             * Format: double
             * @description Mean seconds between blocks of different height.
             */
            cadence_s?: number | null;
            /**
             * Format: int64
             * @description Different blocks.
             */
            count: number;
            /**
             * Format: int64
             * @description Slots without a block between the first and the last.
             */
            missed_slots?: number | null;
            /**
             * Format: int64
             * @description Those known to be beside the best chain.
             */
            orphaned: number;
        };
        /** @description A block and what its traces came to. */
        BlockRow: components["schemas"]["Block"] & {
            /**
             * Format: double
             * @description Median total time of traces.
             */
            apply_p50_s?: number | null;
            /**
             * Format: double
             * @description 95th percentile.
             */
            apply_p95_s?: number | null;
            /**
             * Format: int64
             * @description Those that have given up.
             */
            failure: number;
            /**
             * Format: double
             * @description Median time after the first node.
             */
            lag_p50_s?: number | null;
            /**
             * Format: double
             * @description 95th percentile.
             */
            lag_p95_s?: number | null;
            /**
             * Format: int64
             * @description Those that have not finished.
             */
            pending: number;
            /**
             * Format: int64
             * @description Those that have added it to their frontier.
             */
            success: number;
            /**
             * Format: int64
             * @description Nodes with a trace of it.
             */
            traces: number;
        };
        /** @description A block at one node. */
        BlockTraceRow: {
            /** @description The clock of the node is wrong. */
            clock_suspect: boolean;
            /**
             * Format: int64
             * @description Stored entries of the trace.
             */
            entries: number;
            /**
             * Format: double
             * @description Time after the second node.
             */
            lag2_s?: number | null;
            /**
             * Format: double
             * @description Time after the first node.
             */
            lag_s?: number | null;
            /**
             * Format: int64
             * @description Lost entries of the node that may have belonged to it.
             */
            lost: number;
            /** @description The node. */
            node: string;
            /** @description How it came there. */
            source: string;
            /**
             * Format: int64
             * @description When it came.
             */
            started?: number | null;
            /** @description `Pending`, `Success` or `Failure`. */
            status: string;
            /**
             * Format: double
             * @description Total time.
             */
            total_s?: number | null;
            /**
             * Format: int64
             * @description Gaps of unknown size at its time.
             */
            unknown_gaps: number;
        };
        /** @description Answer of `/api/v1/blocks`. */
        BlocksAnswer: {
            /** @description Newest first. */
            blocks: components["schemas"]["BlockRow"][];
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
        };
        /** @description How many transactions were never seen because of something. */
        CauseCount: {
            /** @description The cause, in words. */
            cause: string;
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
        };
        /**
         * @description What a difference means.
         * @enum {string}
         */
        Change: "better" | "worse" | "same" | "unknown";
        /** @description Answer of `/api/v1/checkpoints/{name}`. */
        CheckpointAnswer: components["schemas"]["CheckpointRow"] & {
            /** @description Upper ends of the buckets but for the last, seconds. */
            bounds_s: number[];
            /** @description Nodes, the greatest 95th percentile first. */
            by_node: components["schemas"]["CheckpointNode"][];
            /** @description Calls by time and duration. */
            heat: components["schemas"]["CheckpointHeat"];
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
            /** @description The slowest calls, at most ten: of all, or of the bucket that was asked for. */
            slowest: components["schemas"]["CheckpointCall"][];
            /**
             * Format: int64
             * @description Block traces that were looked at, the newest ones.
             */
            traces: number;
            /** @description The scope has more traces than that. */
            truncated: boolean;
        };
        /** @description One call of a checkpoint. */
        CheckpointCall: {
            /**
             * Format: int32
             * @description The deployment.
             */
            deployment_id: number;
            /** @description State hash of the block. */
            hash: string;
            /**
             * Format: int64
             * @description Position among the checkpoints of the trace, as in `/api/v1/traces` of the log API; null if
             *     the trace is no longer there.
             */
            index?: number | null;
            /** @description The node. */
            node: string;
            /**
             * Format: int64
             * @description When it began, microseconds since 1970.
             */
            started: number;
            /**
             * Format: double
             * @description How long it took.
             */
            total_s: number;
        };
        /** @description The excess of one checkpoint. */
        CheckpointExcess: {
            /**
             * Format: double
             * @description Median own time in the base.
             */
            base_median_s: number;
            /** @description Shares of nodes in its excess. */
            by_node: components["schemas"]["KeyShare"][];
            /** @description Shares of rounds in its excess. */
            by_round: components["schemas"]["KeyShare"][];
            /**
             * Format: double
             * @description What of it is more than chance; 0 where all may be chance.
             */
            certain_s: number;
            /**
             * Format: double
             * @description Mean own time of the set minus that of the base.
             */
            excess_s: number;
            /**
             * Format: int64
             * @description Traces of the set in which it takes longer than in 95 % of the base.
             */
            in_traces: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: double
             * @description Mean own time in the set.
             */
            set_mean_s: number;
            /**
             * Format: double
             * @description Share of the excess of all slower checkpoints; negative where it is faster.
             */
            share: number;
            slow?: components["schemas"]["TraceName"] | null;
            typical?: components["schemas"]["TraceName"] | null;
        };
        /** @description Calls by time and duration. */
        CheckpointHeat: {
            /** @description Upper ends of the rows but for the last, seconds. */
            bounds_s: number[];
            /** @description Calls, row by row, the shortest durations first. */
            counts: number[];
            /** @description Beginnings of the columns by the nodes' clocks, microseconds since 1970; at most 60. */
            t: number[];
        };
        /** @description A checkpoint on one node. */
        CheckpointNode: {
            /**
             * Format: int64
             * @description How often.
             */
            calls: number;
            /** @description The node. */
            node: string;
            /**
             * Format: double
             * @description Median.
             */
            p50_s?: number | null;
            /**
             * Format: double
             * @description 95th percentile.
             */
            p95_s?: number | null;
        };
        /** @description How long a checkpoint takes: by itself, until the next one, or with all parts. */
        CheckpointRow: {
            /** @description How many within each bucket. */
            buckets: number[];
            /**
             * Format: int64
             * @description How often.
             */
            calls: number;
            /** @description The node, round or deployment, if grouped by it; null for what is in no round. */
            group?: string | null;
            /**
             * Format: double
             * @description Longest.
             */
            max_s: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: double
             * @description Median.
             */
            p50_s?: number | null;
            /**
             * Format: double
             * @description 90th percentile.
             */
            p90_s?: number | null;
            /**
             * Format: double
             * @description 95th percentile.
             */
            p95_s?: number | null;
            /**
             * Format: double
             * @description 99th percentile.
             */
            p99_s?: number | null;
            /** @description The checkpoint that it is most often a part of; null at the top level. */
            parent?: string | null;
            /**
             * Format: double
             * @description Sum of times.
             */
            total_s: number;
        };
        /** @description Answer of `/api/v1/checkpoints`. */
        CheckpointsAnswer: {
            /** @description Upper ends of the buckets but for the last, seconds: four steps to a decade. */
            bounds_s: number[];
            /** @description A page of rows. */
            checkpoints: components["schemas"]["CheckpointRow"][];
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
            /**
             * Format: int64
             * @description Block traces that were looked at, the newest ones.
             */
            traces: number;
            /** @description The scope has more traces than that. */
            truncated: boolean;
        };
        /** @description Something that still has to be undone at a node. */
        CleanUp: {
            /**
             * Format: int32
             * @description Attempts so far.
             */
            attempts: number;
            /** @description Why the last one failed. */
            error?: string | null;
            /** @description Its handle. */
            handle?: string | null;
            /** @description What was asked. */
            kind: string;
            /** @description `host:port`. */
            node: string;
        };
        /**
         * @description Whose clock a time is of.
         * @enum {string}
         */
        Clock: "network" | "lab";
        /** @description What is left on the accounts of one command. */
        CommandRemainingFunds: {
            /**
             * Format: int64
             * @description Accounts that were made.
             */
            accounts: number;
            /** @description What is left by arithmetic. */
            expected_mina: string;
            /** @description What the accounts were given, in MINA. */
            funded_mina: string;
            /**
             * Format: int64
             * @description Accounts whose balances are known.
             */
            measured_accounts: number;
            /** @description What nodes say is left. */
            measured_mina?: string | null;
            /** @description What the paths of the key files begin with. */
            prefix: string;
            /**
             * Format: int32
             * @description The step.
             */
            step: number;
        };
        /** @description A run of a comparison. */
        ComparedRun: {
            /**
             * Format: double
             * @description Stored log entries as a share of all.
             */
            completeness?: number | null;
            /**
             * Format: int32
             * @description Its deployment; null without traces.
             */
            deployment_id?: number | null;
            /**
             * Format: int64
             * @description Entries of its time that are known to be lost.
             */
            lost_entries: number;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description Block traces of its time.
             */
            traces: number;
            /**
             * Format: int64
             * @description Gaps in its time of a size that nobody can know.
             */
            unknown_gaps: number;
        };
        /** @description Runs beside each other. */
        Comparison: {
            /** @description The run that the last one is compared with. */
            base: string;
            /** @description Every metric. Values stand in the order of the runs. */
            metrics: components["schemas"]["MetricChange"][];
            /** @description The runs, in the order in which they were named. */
            runs: components["schemas"]["ComparedRun"][];
            /** @description Parameters that differ. */
            setup: components["schemas"]["SetupDifference"][];
            /** @description Of the last run against the base. */
            verdict: components["schemas"]["ComparisonVerdict"];
        };
        /** @description Answer of `/api/v1/comparison`. */
        ComparisonAnswer: {
            /** @description The comparison. */
            comparison: components["schemas"]["Comparison"];
            /** @description What it rests on: the deployment of the last run. */
            meta: components["schemas"]["Meta"];
        };
        /**
         * @description What a comparison came to.
         * @enum {string}
         */
        ComparisonVerdict: "better" | "worse" | "mixed" | "unknown";
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
        /** @description Transactions asked of nodes, and what came of them. */
        Counts: {
            /**
             * Format: int64
             * @description Accepted by nodes.
             */
            accepted: number;
            /**
             * Format: int64
             * @description In blocks, and applied to the ledger.
             */
            applied: number;
            /**
             * Format: int64
             * @description In blocks, but refused by the ledger: only the fee is paid.
             */
            failed: number;
            /**
             * Format: int64
             * @description In blocks.
             */
            included: number;
            /**
             * Format: int64
             * @description Asked of nodes.
             */
            intended: number;
            /**
             * Format: int64
             * @description Heard of in traces.
             */
            seen: number;
            /**
             * Format: int64
             * @description Accepted, but not sent by the node in the time that it had; counted once that is over.
             */
            unsent: number;
        };
        /** @description Answer of `/api/v1/database`. */
        DatabaseAnswer: {
            /**
             * Format: int64
             * @description Size on disk.
             */
            bytes: number;
            /**
             * Format: int64
             * @description Connections to this database.
             */
            connections: number;
            /**
             * Format: int64
             * @description Free on the disk of the database; null unless the server runs on this machine and says where
             *     its data are.
             */
            free_bytes?: number | null;
            /**
             * Format: double
             * @description Growth; null unless a day of entries is stored.
             */
            growth_bytes_day?: number | null;
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
            /**
             * Format: int64
             * @description Partitions of tables.
             */
            partitions: number;
            /** @description The slowest statements by mean; empty where the server does not count them. */
            slow_queries: components["schemas"]["SlowQuery"][];
            /** @description Tables of data, the largest first. */
            tables: components["schemas"]["TableSize"][];
        };
        /** @description A deployment. */
        DeploymentRow: {
            archived?: components["schemas"]["ArchivedAt"] | null;
            /**
             * Format: int64
             * @description Different blocks.
             */
            blocks: number;
            /**
             * Format: int64
             * @description What its own tables take on disk; null where it has none.
             */
            bytes?: number | null;
            /**
             * Format: double
             * @description Stored entries as a share of all; null where nothing is stored.
             */
            completeness?: number | null;
            /** @description When its first log was read; null without any. */
            created?: string | null;
            /**
             * Format: int64
             * @description Stored log entries.
             */
            entries: number;
            /**
             * Format: int32
             * @description Its number.
             */
            id: number;
            /**
             * Format: int64
             * @description Entries that are known to be lost.
             */
            lost_entries: number;
            /** @description What was said when it was made. */
            metadata: Record<string, never>;
            /**
             * Format: int64
             * @description Nodes with traces or sessions.
             */
            nodes: number;
            /** @description The member `note` of the metadata, if it is a text. */
            note?: string | null;
            /**
             * Format: int64
             * @description Experiments whose transactions it has.
             */
            runs: number;
            /**
             * Format: int64
             * @description Gaps of a size that nobody can know.
             */
            unknown_gaps: number;
        };
        /** @description Answer of `/api/v1/deployments`. */
        DeploymentsAnswer: {
            /** @description Newest first. */
            deployments: components["schemas"]["DeploymentRow"][];
            /** @description What they rest on; the completeness is that of the newest. */
            meta: components["schemas"]["Meta"];
        };
        /** @description A change that was asked for. */
        Entry: {
            /** @description The name of the token, or `local` where none was needed. */
            actor: string;
            /** @description Where the request came from. */
            address?: string | null;
            /** @description When it was asked for. */
            at: string;
            /** @description When the change was stored, if that was one transaction of the database. */
            changed_at?: string | null;
            /** @description When the answer was given; null if none was. */
            ended_at?: string | null;
            /** @description For whom that machine said that it asks. */
            forwarded_for?: string | null;
            /**
             * Format: int64
             * @description Its number; later ones are greater.
             */
            id: number;
            /** @description The method of HTTP, or `COMMAND`. */
            method: string;
            /** @description What was asked for, without secrets. */
            parameters: Record<string, never> | null;
            /** @description The path that was asked for, or the words of the command. */
            path: string;
            /** @description The id of the request. */
            request_id?: string | null;
            /** @description What the actor may do: `operator` or `local`. */
            role: string;
            /** @description The service that was asked, or `command line`. */
            service: string;
            /**
             * Format: int32
             * @description The status of the answer; null if none was given.
             */
            status?: number | null;
            /** @description What was changed. */
            target?: string | null;
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
        /** @description The data of an event. */
        EventData: {
            /** @description When, RFC 3339. */
            at: string;
            /** @description Of a log line: `debug`, `info`, `warning` or `error`. */
            level?: string | null;
            /** @description The text. */
            message: string;
            /**
             * Format: int32
             * @description The step.
             */
            step?: number | null;
        };
        /** @description A run with everything. */
        Experiment: components["schemas"]["Summary"] & {
            /** @description What still has to be undone at nodes that could not be reached. */
            clean_up: components["schemas"]["CleanUp"][];
            /** @description Transactions by round and kind. */
            delivery: components["schemas"]["RoundCounts"][];
            /** @description Errors. */
            errors: string[];
            leftover?: components["schemas"]["RemainingFunds"] | null;
            /** @description The rounds as planned. */
            rounds: Record<string, never>[];
            /** @description The setup, keys as in the original. */
            setup: Record<string, never>;
            /** @description Transactions of the whole run. */
            transactions: components["schemas"]["Total"];
            /** @description Warnings. */
            warnings: string[];
        };
        /** @description An experiment in one deployment. */
        ExperimentRow: {
            /**
             * Format: double
             * @description Stored log entries as a share of all, in its time; null where nothing is stored.
             */
            completeness?: number | null;
            /**
             * Format: int32
             * @description The deployment; null if no trace has a transaction of it.
             */
            deployment_id?: number | null;
            /** @description End, likewise. */
            ended?: string | null;
            /**
             * Format: int64
             * @description Transactions in blocks.
             */
            included: number;
            /**
             * Format: int64
             * @description Transactions asked of nodes; null if only traces are known.
             */
            intended?: number | null;
            /**
             * Format: double
             * @description 95th percentile of the time from first seen to in a block.
             */
            latency_p95_s?: number | null;
            /**
             * Format: int64
             * @description Entries of its time that are known to be lost; null where no traces of it are known.
             */
            lost_entries?: number | null;
            /** @description Its name. */
            name: string;
            /** @description Known from traces only: it was not started here. */
            recorded_only: boolean;
            /**
             * Format: int64
             * @description Rounds that were planned or seen.
             */
            rounds: number;
            /**
             * Format: int64
             * @description The seed of its plan; null if it is not known.
             */
            seed?: number | null;
            /** @description Beginning of the run by the laboratory's clock, or of its traces if only these are known. */
            started?: string | null;
            /** @description `running`, `success`, …; null if only traces are known. */
            status?: string | null;
            /**
             * Format: int64
             * @description Gaps in its time of a size that nobody can know; null where no traces of it are known.
             */
            unknown_gaps?: number | null;
            verdict?: components["schemas"]["Verdict"] | null;
        };
        /** @description Answer of `/api/v1/experiments`. */
        ExperimentsAnswer: {
            /** @description A page of experiments. */
            experiments: components["schemas"]["ExperimentRow"][];
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
        };
        /** @description How many transactions came how far. What needs a run is null without one. */
        Flow: {
            /**
             * Format: int64
             * @description Accepted by nodes.
             */
            accepted?: number | null;
            /**
             * Format: int64
             * @description In blocks and applied.
             */
            applied: number;
            /**
             * Format: int64
             * @description In blocks, and failed there.
             */
            failed: number;
            /**
             * Format: int64
             * @description In blocks.
             */
            included: number;
            /**
             * Format: int64
             * @description Asked of nodes.
             */
            intended?: number | null;
            /**
             * Format: int64
             * @description Seen, and in no block although its round has settled or, without a run, six blocks have
             *     followed it.
             */
            missed?: number | null;
            /**
             * Format: int64
             * @description In no trace.
             */
            never_seen?: number | null;
            /**
             * Format: int64
             * @description Seen and in no block so far: waiting, missed or unknown.
             */
            not_included: number;
            /**
             * Format: int64
             * @description Refused by nodes.
             */
            refused?: number | null;
            /**
             * Format: int64
             * @description Seen in pools or blocks.
             */
            seen: number;
            /**
             * Format: int64
             * @description Lost log entries overlap them.
             */
            unknown?: number | null;
            /**
             * Format: int64
             * @description Still to come.
             */
            waiting?: number | null;
        };
        /** @description Answer of `/api/v1/transactions/flow`. */
        FlowAnswer: {
            /** @description How many came how far. */
            flow: components["schemas"]["Flow"];
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
            /** @description Why nodes rejected transactions, most frequent first. */
            reasons: components["schemas"]["Rejection"][];
        };
        /** @description Log entries that are missing. */
        Gap: {
            /**
             * Format: int64
             * @description Time of the last entry before it.
             */
            from?: number | null;
            /**
             * Format: int64
             * @description How many; null if nobody can know.
             */
            missing?: number | null;
            /** @description The node. */
            node: string;
            /** @description When it was noted. */
            noted: string;
            /** @description The process of the node. */
            process: string;
            /** @description Why. */
            reason: string;
            /**
             * Format: int64
             * @description Time of the first entry after it.
             */
            until?: number | null;
        };
        /** @description Answer of `/api/v1/gaps`. */
        GapsAnswer: {
            /** @description Newest first. */
            gaps: components["schemas"]["Gap"][];
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
        };
        /** @description The chain. */
        HeightFigures: {
            /**
             * Format: int64
             * @description Blocks that the last node is behind it.
             */
            behind_max?: number | null;
            /**
             * Format: int64
             * @description Greatest height of a node's best chain.
             */
            best?: number | null;
        };
        /** @description Something that went wrong. */
        Incident: {
            /** @description When, RFC 3339. */
            at: string;
            /** @description The clock of `at`. */
            clock: components["schemas"]["Clock"];
            /** @description The page about it. */
            href: string;
            /** @description Names it, as in `gap-17`. */
            id: string;
            /** @description What it is. */
            kind: components["schemas"]["IncidentKind"];
            /** @description The node. */
            node?: string | null;
            /** @description The run. */
            run?: string | null;
            /** @description One sentence. */
            text: string;
            /** @description When it ended. */
            until?: string | null;
        };
        /**
         * @description What went wrong.
         * @enum {string}
         */
        IncidentKind: "gap" | "restart" | "node_down" | "fork" | "step_failed" | "threshold";
        /** @description Answer of `/api/v1/incidents`. */
        IncidentsAnswer: {
            /** @description Newest first. */
            incidents: components["schemas"]["Incident"][];
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
        };
        /** @description The journal of a run. */
        Journal: {
            /** @description What was asked of nodes, in order. */
            requests: components["schemas"]["Request"][];
            /** @description Steps that began, in order. */
            steps: components["schemas"]["Step"][];
        };
        /** @description A share of something. */
        KeyShare: {
            /** @description Of what. */
            key: string;
            /**
             * Format: double
             * @description The share.
             */
            share: number;
        };
        /** @description Answer of `/api/v1/transactions/latency`. */
        LatencyAnswer: {
            /** @description Transactions that are in a block. */
            heat: components["schemas"]["LatencyHeat"];
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
        };
        /** @description From first seen to in a block, seconds. */
        LatencyFigures: {
            /**
             * Format: double
             * @description Longest.
             */
            max?: number | null;
            /**
             * Format: double
             * @description Median.
             */
            p50?: number | null;
            /**
             * Format: double
             * @description 95th percentile.
             */
            p95?: number | null;
        };
        /**
         * @description Transactions by the time at which they were seen first, and by how long it took until a block had
         *     them.
         */
        LatencyHeat: {
            /** @description Upper ends of the rows but for the last, seconds. */
            bounds_s: number[];
            /** @description Transactions, row by row, the shortest latencies first. */
            counts: number[];
            /** @description Beginnings of the columns by the nodes' clocks, microseconds since 1970; at most 60. */
            t: number[];
        };
        /** @description What only one process may do at a time, and which process does it. */
        LeaseRow: {
            /** @description The process, as the database knows its connections. */
            holder: string;
            /**
             * Format: double
             * @description Seconds until others may take it, unless it is renewed.
             */
            remaining_s: number;
            /**
             * @description `experiment` (executes the runs), `node/<name>` (reads the node), `log-fetcher/<name>` (is a
             *     log fetcher), `archive/<deployment>` (moves a deployment into the archive or back).
             */
            resource: string;
        };
        /** @description Answer of `/api/v1/leases`. */
        LeasesAnswer: {
            /** @description The leases that are held now, by resource; at most 5,000. */
            leases: components["schemas"]["LeaseRow"][];
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
        };
        /** @description Nodes × blocks, row by row. */
        Matrix: {
            /** @description The columns, oldest first. */
            blocks: components["schemas"]["Block"][];
            /** @description Medians of the columns. */
            medians: (number | null)[];
            /** @description The rows. */
            nodes: string[];
            /** @description 95th percentiles of the columns. */
            p95: (number | null)[];
            /**
             * @description One letter for each cell: `v` value, `p` pending, `f` failure, `n` not seen, `u` unknown
             *     because lost entries overlap the block, `x` the node was not read then.
             */
            states: string;
            /** @description One value for each cell, times to the microsecond; null where there is none. */
            values: (number | null)[];
        };
        /** @description Answer of `/api/v1/blocks/matrix`. */
        MatrixAnswer: {
            /** @description Nodes × blocks. */
            matrix: components["schemas"]["Matrix"];
            /** @description What it rests on. */
            meta: components["schemas"]["Meta"];
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
        /** @description A metric of all runs. */
        MetricChange: {
            /**
             * Format: double
             * @description Last run minus base.
             */
            difference?: number | null;
            /** @description Its name: a figure of rounds, `block_application.mean`, or `checkpoint.` and a name. */
            metric: string;
            /**
             * Format: double
             * @description What chance alone makes; null where it cannot be told.
             */
            noise?: number | null;
            /** @description Why that is not known. */
            reason?: string | null;
            /** @description For each run the values of its rounds. */
            rounds: (number | null)[][];
            /** @description Its unit; empty for counts and shares. */
            unit: string;
            /** @description For each run; null where not measured. */
            values: (number | null)[];
            /** @description What the difference means. */
            verdict: components["schemas"]["Change"];
        };
        /** @description Stored and lost entries of nodes by steps of time, one row of the lists per node. */
        Minutes: {
            /** @description Entries that are known to be lost; null where a gap of unknown size is. */
            lost: (number | null)[];
            /** @description The rows. */
            nodes: string[];
            /**
             * Format: int64
             * @description Seconds between columns: 60, or more where that would be more than 1,440 columns.
             */
            step_s: number;
            /** @description Stored entries; null where the node was not read. */
            stored: (number | null)[];
            /** @description Beginnings of the columns, microseconds since 1970. */
            t: number[];
        };
        /** @description Answer of `/api/v1/completeness/minutes`. */
        MinutesAnswer: {
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
            /** @description Nodes × minutes, row by row. */
            minutes: components["schemas"]["Minutes"];
        };
        /** @description A token that has just been made. */
        NewToken: components["schemas"]["Token"] & {
            /** @description The token itself. It is shown here only: the database has its hash. */
            token: string;
        };
        /** @description A node within the scope. */
        Node: {
            /**
             * Format: double
             * @description Since it was fetched from.
             */
            age_s?: number | null;
            /**
             * Format: double
             * @description Median total time of block traces.
             */
            apply_p50_s?: number | null;
            /**
             * Format: double
             * @description 95th percentile of total times.
             */
            apply_p95_s?: number | null;
            /**
             * Format: int64
             * @description Blocks behind the best node.
             */
            behind?: number | null;
            /** @description It received a block before its producer had made it: its clock is wrong. */
            clock_suspect: boolean;
            /**
             * Format: double
             * @description Stored entries as a share of all; null where nothing is stored.
             */
            completeness?: number | null;
            /**
             * Format: int64
             * @description Height of its best chain.
             */
            height?: number | null;
            /** @description Its host; null for imported traces. */
            host?: string | null;
            /**
             * Format: double
             * @description Median time after the second node.
             */
            lag2_s?: number | null;
            /**
             * Format: double
             * @description Median time after the first node, over the blocks of others.
             */
            lag_s?: number | null;
            /**
             * Format: int64
             * @description Lost entries.
             */
            lost: number;
            /** @description Its name in all tables. */
            name: string;
            /**
             * Format: double
             * @description Pause between polls.
             */
            poll_s?: number | null;
            /**
             * Format: int32
             * @description The port of its ITN server.
             */
            port?: number | null;
            /** @description What is wrong. */
            problem?: string | null;
            /**
             * Format: int64
             * @description Reported restarts and changes of the daemon's run.
             */
            restarts: number;
            role?: components["schemas"]["Role"] | null;
            /** @description Lag for the last 60 blocks, oldest first; null where there is none. */
            spark: (number | null)[];
            /**
             * @description `fetching`, `waiting`, `failing`, …; `inactive` if it is not listed now, `imported` if its
             *     trace came from a file.
             */
            state: string;
            /**
             * Format: int64
             * @description Stored entries.
             */
            stored: number;
            /**
             * Format: int64
             * @description Gaps of unknown size.
             */
            unknown_gaps: number;
        };
        /** @description Answer of `/api/v1/nodes/{name}`. */
        NodeAnswer: components["schemas"]["Node"] & {
            /** @description What is missing of its log. */
            gaps: components["schemas"]["NodeGap"][];
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
            /** @description The build that it submitted last. */
            release?: string | null;
            /** @description When it was restarted, newest first; at most 500. */
            restart_events: components["schemas"]["NodeRestart"][];
            /** @description How its log was read over time, by the laboratory's clock. */
            states: components["schemas"]["NodeState"][];
            /** @description Its public key. */
            submitter?: string | null;
        };
        /** @description Nodes by state. */
        NodeCounts: {
            /**
             * Format: int64
             * @description Three or more blocks behind the best.
             */
            behind: number;
            /**
             * Format: int64
             * @description Active, and not fetched from because of a problem.
             */
            failing: number;
            /**
             * Format: int64
             * @description Active, that is listed now.
             */
            total: number;
            /**
             * Format: int64
             * @description Fetched from.
             */
            up: number;
        };
        /** @description Delivery of one node in a round. */
        NodeDelivery: components["schemas"]["Counts"] & {
            /**
             * Format: int32
             * @description The third part of memos.
             */
            batch: number;
            /** @description `host:port`. */
            node: string;
            /** @description `accepted`, `unconfirmed`, `unanswered` or `refused`; null while it is asked. */
            outcome?: string | null;
        };
        /** @description Missing entries of a node. */
        NodeGap: {
            /**
             * Format: int64
             * @description Time of the last entry before it.
             */
            from?: number | null;
            /**
             * Format: int64
             * @description How many; null if nobody can know.
             */
            missing?: number | null;
            /** @description Why. */
            reason: string;
            /**
             * Format: int64
             * @description Time of the first entry after it.
             */
            until?: number | null;
        };
        /** @description A restart of a node. */
        NodeRestart: {
            /** @description When it was noted, by the laboratory's clock. */
            at: string;
            /**
             * Format: int32
             * @description The exit code.
             */
            code?: number | null;
            /** @description The container. */
            container?: string | null;
            /** @description Why, as reported. */
            reason?: string | null;
            /**
             * Format: int32
             * @description How often the container was restarted in all.
             */
            restart_count?: number | null;
            /** @description `reported` by what runs the node, or `new_process`: its log continues in another process. */
            source: string;
        };
        /** @description A time during which a node's log was read, or its state now. */
        NodeState: {
            /** @description Since when. */
            from: string;
            /** @description Why it ended, or what is wrong. */
            problem?: string | null;
            /** @description The state. */
            state: string;
            /** @description Until when; null for now. */
            until?: string | null;
        };
        /** @description Answer of `/api/v1/nodes`. */
        NodesAnswer: {
            /** @description All nodes by state. */
            counts: {
                [key: string]: number;
            };
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
            /** @description A window of the nodes. */
            nodes: components["schemas"]["Node"][];
        };
        /** @description A deployment's note. */
        Note: {
            /** @description The text, at most 10,000 bytes; null takes the note away. */
            note: string | null;
        };
        /** @description Counts over time. */
        OpenWork: {
            /** @description Open work at each. */
            count: number[];
            /** @description Times, at most 600. */
            t: number[];
        };
        /** @description The network at a glance. */
        Overview: {
            /** @description Blocks of the scope. */
            blocks: components["schemas"]["BlockCounts"];
            /** @description The chain. */
            height: components["schemas"]["HeightFigures"];
            /** @description From first seen to in a block, seconds. */
            latency_s: components["schemas"]["LatencyFigures"];
            /** @description Nodes by state. */
            nodes: components["schemas"]["NodeCounts"];
            run?: components["schemas"]["RunFigures"] | null;
            /** @description Transactions of the scope, a minute. */
            transactions: components["schemas"]["TransactionRates"];
            /** @description The nodes that lag or lose most, at most five. */
            worst: components["schemas"]["WorstNode"][];
        };
        /** @description Answer of `/api/v1/overview`. */
        OverviewAnswer: {
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
            /** @description The figures. */
            overview: components["schemas"]["Overview"];
        };
        /** @description Percentiles of durations, in seconds. None where nothing was measured. */
        Quantiles: {
            /**
             * Format: double
             * @description The longest.
             */
            max?: number | null;
            /**
             * Format: double
             * @description Median.
             */
            p50?: number | null;
            /**
             * Format: double
             * @description 90 % are at most this.
             */
            p90?: number | null;
            /**
             * Format: double
             * @description 95 % are at most this.
             */
            p95?: number | null;
            /**
             * Format: double
             * @description 99 % are at most this.
             */
            p99?: number | null;
        };
        /** @description How many transactions failed for a reason. */
        ReasonCount: {
            /**
             * Format: int64
             * @description How many.
             */
            count: number;
            /** @description The reason, in the ledger's words. */
            reason: string;
        };
        /** @description Why pools rejected transactions. */
        Rejection: {
            /**
             * Format: int64
             * @description Diffs.
             */
            count: number;
            /**
             * Format: int64
             * @description Nodes.
             */
            nodes: number;
            /** @description The reason, in the node's words. */
            reason: string;
        };
        /** @description What is left on all accounts that a run has made. */
        RemainingFunds: {
            /**
             * Format: int64
             * @description Accounts that were made.
             */
            accounts: number;
            /** @description Each command that made accounts. */
            commands: components["schemas"]["CommandRemainingFunds"][];
            /** @description What is left by arithmetic: fees at their mean, only what nodes accepted counts as spent. */
            expected_mina: string;
            /** @description What the given keys have paid for accounts, in MINA; what these pass on is counted once. */
            funded_mina: string;
            /**
             * Format: int64
             * @description Accounts whose balances are known.
             */
            measured_accounts: number;
            /** @description What nodes say is left, of those accounts that they know; nothing if none was asked. */
            measured_mina?: string | null;
        };
        /** @description A request to a node. */
        Request: {
            /** @description When it was written down. */
            asked_at: string;
            /** @description Why it was refused. */
            error?: string | null;
            /** @description The handle. */
            handle?: string | null;
            /**
             * Format: int64
             * @description Transactions intended.
             */
            intended?: number | null;
            /** @description What was asked. */
            kind: string;
            /** @description `host:port`. */
            node: string;
            /** @description `accepted`, `unconfirmed`, `unanswered` or `refused`. */
            outcome?: string | null;
            /**
             * Format: int32
             * @description Position within the step; of load the batch.
             */
            request: number;
            /**
             * Format: int32
             * @description The round.
             */
            round?: number | null;
            /**
             * Format: int32
             * @description The step.
             */
            step: number;
            /**
             * Format: double
             * @description Rate asked for, transactions per second.
             */
            tps?: number | null;
            /** @description When it was undone. */
            undone_at?: string | null;
        };
        /** @description What a run came to. */
        Results: {
            /** @description The thresholds are those that hold for runs without any. */
            default_thresholds: boolean;
            /** @description Why it is not a pass. */
            reason?: string | null;
            /** @description Every round. */
            rounds: components["schemas"]["RoundResult"][];
            /** @description The run as a whole, in the form of a round; its number is null. */
            run: components["schemas"]["RoundResult"];
            /**
             * Format: double
             * @description Seconds in a slot, if blocks carry them.
             */
            slot_s?: number | null;
            /** @description Every threshold. */
            thresholds: components["schemas"]["ThresholdResult"][];
            verdict?: components["schemas"]["Verdict"] | null;
        };
        /** @description Answer of `/api/v1/experiments/{name}/results`. */
        ResultsAnswer: {
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
            /** @description The results. */
            results: components["schemas"]["Results"];
        };
        /**
         * @description What a node does.
         * @enum {string}
         */
        Role: "producer" | "other";
        /** @description Delivery of a round. */
        RoundCounts: components["schemas"]["Total"] & {
            /** @description `payments` or `zkapps`. */
            kind: string;
            /** @description Each node. */
            nodes: components["schemas"]["NodeDelivery"][];
            /**
             * Format: int32
             * @description The round, from 0.
             */
            round: number;
        };
        /** @description Transactions a minute. */
        RoundRates: {
            /**
             * Format: double
             * @description Accepted by nodes.
             */
            accepted?: number | null;
            /**
             * Format: double
             * @description Applied to the ledger.
             */
            applied?: number | null;
            /**
             * Format: double
             * @description In blocks.
             */
            included?: number | null;
            /**
             * Format: double
             * @description Asked of nodes.
             */
            intended?: number | null;
        };
        /** @description What a round, or the run, came to. */
        RoundResult: {
            /**
             * Format: int64
             * @description Accepted by nodes.
             */
            accepted?: number | null;
            /**
             * Format: int64
             * @description Fate: in a block, and applied.
             */
            applied: number;
            /** @description Total times of block traces. */
            apply_s: components["schemas"]["Quantiles"];
            /**
             * Format: int64
             * @description Blocks of its time.
             */
            blocks: number;
            /**
             * Format: double
             * @description Stored log entries as a share of all; null where nothing is stored.
             */
            completeness?: number | null;
            /**
             * Format: int64
             * @description Fate: in a block, and failed there.
             */
            failed: number;
            /** @description Why transactions failed. */
            failures: components["schemas"]["ReasonCount"][];
            /**
             * Format: int64
             * @description First transaction, microseconds since 1970 by nodes' clocks.
             */
            from?: number | null;
            /**
             * Format: int64
             * @description In blocks: applied or failed.
             */
            included: number;
            /**
             * Format: int64
             * @description Transactions that nodes were asked for; null if only traces are known.
             */
            intended?: number | null;
            /** @description From first seen to in a block. */
            latency_s: components["schemas"]["Quantiles"];
            /**
             * Format: int64
             * @description Entries of its time that are known to be lost.
             */
            lost_entries: number;
            /**
             * Format: int64
             * @description Fate: seen, and in no block.
             */
            missed: number;
            /**
             * Format: int64
             * @description Slots of its time without a block; null if slots are not known.
             */
            missed_slots?: number | null;
            /**
             * Format: int64
             * @description Fate: in no trace.
             */
            never_seen: number;
            /** @description Why load was never seen. */
            never_seen_causes: components["schemas"]["CauseCount"][];
            /**
             * Format: int64
             * @description Those beside the best chain.
             */
            orphans: number;
            /** @description Transactions a minute while the load lasted. */
            rate: components["schemas"]["RoundRates"];
            /**
             * Format: int64
             * @description Fate: the node refused the request.
             */
            refused: number;
            /**
             * Format: int64
             * @description Restarts of nodes.
             */
            restarts: number;
            /**
             * Format: int32
             * @description The round; null for the run as a whole.
             */
            round?: number | null;
            /**
             * Format: int64
             * @description Seen in pools or blocks.
             */
            seen: number;
            /**
             * Format: int64
             * @description The sum of all fates.
             */
            total: number;
            /**
             * Format: int64
             * @description Seen beyond what was asked for; these have a fate, too.
             */
            unexpected: number;
            /**
             * Format: int64
             * @description Fate: lost log entries overlap it.
             */
            unknown: number;
            /**
             * Format: int64
             * @description Gaps in its time of a size that nobody can know.
             */
            unknown_gaps: number;
            /**
             * Format: int64
             * @description Last transaction seen or taken into a block.
             */
            until?: number | null;
            verdict?: components["schemas"]["Verdict"] | null;
            /**
             * Format: int64
             * @description Fate: still to come.
             */
            waiting: number;
        };
        /** @description What a threshold came to in a round. */
        RoundVerdict: {
            /**
             * Format: int32
             * @description The round.
             */
            round: number;
            /**
             * Format: double
             * @description The value; null if nothing was measured.
             */
            value?: number | null;
            /** @description The verdict. */
            verdict: components["schemas"]["Verdict"];
        };
        /** @description The run that is executed now. */
        RunFigures: {
            /** @description Its action. */
            action: string;
            /**
             * @description When its planned time is over, by the laboratory's clock; null until it has begun, and when
             *     that is past.
             */
            ends_at?: string | null;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description The round whose load was asked for last, from 0.
             */
            round: number;
            /**
             * Format: int64
             * @description Rounds of its plan.
             */
            rounds: number;
            /** @description Its status. */
            status: string;
            /**
             * Format: int64
             * @description The step that began last.
             */
            step: number;
        };
        /** @description Figures over network time, at most 600 points. */
        Series: {
            /** @description The figures by name, null where unknown. */
            columns: {
                [key: string]: (number | null)[];
            };
            /** @description How much of the log entries of each step is stored; null where nothing is. */
            quality: (number | null)[];
            /**
             * Format: double
             * @description Seconds between points.
             */
            step_s: number;
            /** @description Beginnings of the steps, microseconds since 1970. */
            t: number[];
        };
        /** @description Answer of `/api/v1/series`. */
        SeriesAnswer: {
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
            /** @description The series. */
            series: components["schemas"]["Series"];
        };
        /** @description Who asks. */
        SessionAnswer: {
            /** @description When it ends. */
            expires?: string | null;
            /** @description The name of the token. */
            name?: string | null;
            /** @description `viewer`, `operator`, or `local` where no token is needed; null without a valid token. */
            role?: string | null;
            /** @description `valid`, `expired` or `unknown`; null if none was presented. */
            token?: string | null;
            /** @description Whether changes need a token. */
            tokens_needed: boolean;
        };
        /** @description A parameter that differs. */
        SetupDifference: {
            /** @description Its name. */
            parameter: string;
            /** @description Its value in each run; null where it is not set. */
            values: unknown[];
        };
        /** @description A statement and how long it takes. */
        SlowQuery: {
            /**
             * Format: int64
             * @description How often it was executed.
             */
            calls: number;
            /**
             * Format: double
             * @description Mean seconds.
             */
            mean_s: number;
            /** @description Its text, without values. */
            text: string;
        };
        /** @description A piece of SNARK work. */
        SnarkWork: {
            /**
             * Format: int64
             * @description When a pool first added it.
             */
            added?: number | null;
            /**
             * Format: double
             * @description From scheduled, or else added, to received.
             */
            delay_s?: number | null;
            /** @description The fee in MINA. */
            fee?: string | null;
            /** @description One or two ids. */
            ids: number[];
            /**
             * Format: int64
             * @description Blocks whose production had to do without it.
             */
            interruptions: number;
            /** @description What they prove. */
            kinds: string[];
            /** @description Who proved it. */
            prover?: string | null;
            /**
             * Format: int64
             * @description When a node first received it.
             */
            received?: number | null;
            /**
             * Format: int64
             * @description When it was first scheduled.
             */
            scheduled?: number | null;
        };
        /** @description Answer of `/api/v1/snark-work`. */
        SnarkWorkAnswer: {
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
            /** @description Work that was scheduled and not yet received, over time. */
            open: components["schemas"]["OpenWork"];
            /** @description A page, newest first. */
            works: components["schemas"]["SnarkWork"][];
        };
        /** @description A step. */
        Step: {
            /** @description The action. */
            action: string;
            /** @description When it ended. */
            ended_at?: string | null;
            /** @description Why it failed. */
            error?: string | null;
            /**
             * Format: int32
             * @description Of a batch the number of its last command.
             */
            last_step: number;
            /** @description When it began. */
            started_at: string;
            /**
             * Format: int32
             * @description Its number.
             */
            step: number;
        };
        /** @description A run in short. */
        Summary: {
            /** @description When it was taken in, RFC 3339. */
            created_at: string;
            /** @description When it ended. */
            ended_at?: string | null;
            /** @description Its name. */
            name: string;
            /**
             * Format: int64
             * @description Later runs have greater numbers.
             */
            number: number;
            /**
             * Format: int64
             * @description What the plan was drawn from.
             */
            seed?: number | null;
            /** @description `queued`, `running`, `cancelling`, `cancelled`, `success` or `error`. */
            status: string;
            /**
             * Format: int32
             * @description The step that began last.
             */
            step: number;
            /** @description Its action. */
            step_name: string;
            /** @description What it waits for, if it waits. */
            waiting_for?: string | null;
            /** @description Until when at most. */
            waiting_until?: string | null;
            /** @description `pending`, `delivered` or `failed`, if a webhook reports its end. */
            webhook?: string | null;
        };
        /** @description A table of one deployment, or of all. */
        TableSize: {
            /**
             * Format: int64
             * @description Size with indexes.
             */
            bytes: number;
            /**
             * Format: int32
             * @description The deployment; null for tables of all.
             */
            deployment_id?: number | null;
            /** @description The table as users know it. */
            name: string;
            /**
             * Format: int64
             * @description Rows, by the server's estimate.
             */
            rows: number;
        };
        /** @description What a threshold came to. */
        ThresholdResult: {
            /**
             * Format: double
             * @description The bound, in `unit`.
             */
            bound: number;
            /** @description As it was given. */
            expression: string;
            /** @description The figure. */
            metric: string;
            /** @description The comparison. */
            op: string;
            /** @description For each round. */
            rounds: components["schemas"]["RoundVerdict"][];
            /** @description Unit of bound and values; empty for counts and plain shares. */
            unit: string;
            /**
             * Format: double
             * @description The value of the run; null if nothing was measured.
             */
            value?: number | null;
            /** @description For the run. */
            verdict: components["schemas"]["Verdict"];
        };
        /** @description A token, without its secret. */
        Token: {
            /** @description When it was made. */
            created: string;
            /** @description When it ends; null if it does not. */
            expires?: string | null;
            /** @description Its number. */
            id: string;
            /** @description When it was used last, to a minute. */
            last_used?: string | null;
            /** @description Its name. */
            name: string;
            /** @description `viewer` or `operator`. */
            role: string;
        };
        /** @description A token that is asked for. */
        TokenRequest: {
            /**
             * Format: double
             * @description For how many days it holds; for ever unless given.
             */
            days?: number | null;
            /** @description Its name: who will have it, or for what it is. */
            name: string;
            /** @description `viewer` or `operator`. */
            role: string;
        };
        /** @description All tokens that are not revoked. */
        Tokens: {
            /** @description By name. */
            tokens: components["schemas"]["Token"][];
        };
        /** @description Transactions, with the reasons of what went wrong. */
        Total: components["schemas"]["Counts"] & {
            /** @description Why the ledger refused what failed: how many for which reason. */
            failures: components["schemas"]["BTreeMap"];
            /** @description Why nodes have not sent all that they accepted. */
            unsent_reasons: components["schemas"]["Unsent"][];
        };
        /** @description Names a trace. */
        TraceName: {
            /** @description State hash of the block. */
            hash: string;
            /** @description The node. */
            node: string;
        };
        /** @description Answer of `/api/v1/transactions/{hash}`. */
        TransactionAnswer: components["schemas"]["TransactionRow"] & {
            /** @description Blocks that have it, first seen first. */
            blocks: string[];
            /** @description What pools of nodes did with it, oldest first; at most 1,000. */
            events: components["schemas"]["TransactionEvent"][];
            /** @description What this rests on. */
            meta: components["schemas"]["Meta"];
        };
        /** @description What a node's pool did. */
        TransactionEvent: {
            /** @description `received`, `accepted`, `rejected`, … */
            action: string;
            /**
             * Format: int64
             * @description When.
             */
            at: number;
            /** @description The node. */
            node: string;
            /** @description Why. */
            reason?: string | null;
            /** @description From whom; null if it was sent by the node itself. */
            sender?: string | null;
        };
        /** @description Transactions a minute over the time of the scope. */
        TransactionRates: {
            /**
             * Format: double
             * @description Accepted by nodes.
             */
            accepted_min?: number | null;
            /**
             * Format: double
             * @description Come into blocks.
             */
            included_min: number;
            /**
             * Format: double
             * @description Asked of nodes by the run of the scope; null without one.
             */
            intended_min?: number | null;
            /**
             * Format: double
             * @description Seen first.
             */
            seen_min: number;
        };
        /** @description A transaction. */
        TransactionRow: {
            /** @description State hash of the block with which it came first; null while no block has it. */
            block?: string | null;
            /**
             * @description `applied` or `failed` in a block; `waiting` while a block may still come, `missed` when its
             *     round has settled or, without a run, when six blocks have followed it, `unknown` when lost log
             *     entries overlap it.
             */
            fate: string;
            /** @description Its hash. */
            hash: string;
            /**
             * Format: int64
             * @description When the first node received a block with it.
             */
            included?: number | null;
            /** @description `payment` or `zkapp`; other kinds as the node names them. */
            kind: string;
            /**
             * Format: double
             * @description From first seen to in a block.
             */
            latency_s?: number | null;
            /** @description Its memo. */
            memo?: string | null;
            /**
             * Format: int64
             * @description Nodes whose pools had it.
             */
            nodes: number;
            /** @description Why it failed. */
            reason?: string | null;
            /** @description `Applied` or `Failed`. */
            result?: string | null;
            /**
             * Format: int32
             * @description The round.
             */
            round?: number | null;
            /** @description The run that sent it. */
            run?: string | null;
            /**
             * Format: int64
             * @description When a pool had it first; null if only blocks have it.
             */
            seen?: number | null;
        };
        /** @description Answer of `/api/v1/transactions`. */
        TransactionsAnswer: {
            /** @description What they rest on. */
            meta: components["schemas"]["Meta"];
            /** @description A page. */
            transactions: components["schemas"]["TransactionRow"][];
        };
        /** @description Why nodes have sent less of a kind of load than they accepted. */
        Unsent: {
            /** @description `payments` or `zkapps`. */
            kind: string;
            /** @description Why. */
            reason: string;
        };
        /**
         * @description What a threshold, a round or a run came to.
         * @enum {string}
         */
        Verdict: "pass" | "fail" | "not_enough_data";
        /** @description A node that lags or loses entries. */
        WorstNode: {
            /**
             * Format: double
             * @description Median lag to the first node, seconds.
             */
            lag_s?: number | null;
            /**
             * Format: int64
             * @description Lost entries.
             */
            lost: number;
            /** @description The node. */
            node: string;
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
