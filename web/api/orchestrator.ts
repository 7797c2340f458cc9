/* Made from openapi/orchestrator.json by `npm run api`. */

export interface paths {
    "/api/v0/experiment/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancels the run that is executed. */
        post: {
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
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description The body cannot be read, breaks rules, or names an experiment that exists. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
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
                /** @description No experiment is running */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description The database failed. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description Too much is asked for at the same time, or the answer took too long. Try again later. */
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
    "/api/v0/experiment/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts a run, in the form of the original. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description The setup, also wrapped in `experiment_setup` */
            requestBody: {
                content: {
                    "application/json": Record<string, never>;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description The body cannot be read, breaks rules, or names an experiment that exists. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
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
                /** @description Another run has the slot */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
                        "text/plain": string;
                    };
                };
                /** @description The database failed. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description Too much is asked for at the same time, or the answer took too long. Try again later. */
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
    "/api/v0/experiment/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The run that is executed, or was last. */
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
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description The body cannot be read, breaks rules, or names an experiment that exists. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
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
                /** @description No experiment has run */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description The database failed. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description Too much is asked for at the same time, or the answer took too long. Try again later. */
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
    "/api/v0/experiment/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Plans without starting, in the form of the original. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description The setup, also wrapped in `experiment_setup` */
            requestBody: {
                content: {
                    "application/json": Record<string, never>;
                };
            };
            responses: {
                /** @description The plan */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": unknown;
                    };
                };
                /** @description The body cannot be read, breaks rules, or names an experiment that exists. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
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
                /** @description The database failed. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Outcome"];
                    };
                };
                /** @description Too much is asked for at the same time, or the answer took too long. Try again later. */
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
    "/api/v1/experiments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All runs, the newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description Only runs with smaller numbers. */
                    before?: number;
                    /** @description Part of a name. */
                    q?: string;
                    /** @description `queued`, `running`, `cancelling`, `cancelled`, `success` or `error`. */
                    status?: string;
                    /** @description How many at most; 100 unless given. More than 500 count as 500. */
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
                        "application/json": components["schemas"]["Listed"][];
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
        /** Starts a run, or queues it when `"queue": true` stands beside the setup and another runs. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description The setup, and `queue` */
            requestBody: {
                content: {
                    "application/json": Record<string, never>;
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StartAnswer"];
                    };
                };
                /** @description A parameter or the path cannot be read, or the body is not what is asked for. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
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
                /** @description The name is taken, or another run has the slot */
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
                /** @description Too much is asked for at the same time, or the answer took too long. Try again later. */
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
    "/api/v1/experiments/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Plans without starting. Unknown keys are refused. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description The setup */
            requestBody: {
                content: {
                    "application/json": Record<string, never>;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PlanAnswer"];
                    };
                };
                /** @description A parameter or the path cannot be read, or the body is not what is asked for. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
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
                /** @description The service failed; its log says why. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description Too much is asked for at the same time, or the answer took too long. Try again later. */
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
    "/api/v1/experiments/{name}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancels a run, or takes it out of the queue. */
        post: {
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
                /** @description It will be cancelled */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description A parameter or the path cannot be read, or the body is not what is asked for. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
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
                /** @description No such run */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description It has ended */
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
                /** @description Too much is asked for at the same time, or the answer took too long. Try again later. */
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
    "/api/v1/parameters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The parameters of a setup, with defaults, bounds and help. */
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
                        "application/json": components["schemas"]["ParametersAnswer"];
                    };
                };
                /** @description A parameter or the path cannot be read, or the body is not what is asked for. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
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
                /** @description The service failed; its log says why. */
                500: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Error"];
                    };
                };
                /** @description Too much is asked for at the same time, or the answer took too long. Try again later. */
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
        BTreeMap: {
            [key: string]: number;
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
        /** @description What became of the transactions of a run that are in blocks. */
        InBlocks: {
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
            /** @description Why the ledger refused what failed: how many for which reason. */
            failures: components["schemas"]["BTreeMap"];
            /**
             * Format: int64
             * @description In blocks.
             */
            included: number;
        };
        /** @description The journal of a run. */
        Journal: {
            /** @description What was asked of nodes, in order. */
            requests: components["schemas"]["Request"][];
            /** @description Steps that began, in order. */
            steps: components["schemas"]["Step"][];
        };
        /** @description A run in the list. */
        Listed: components["schemas"]["Summary"] & {
            /** @description What became of its transactions that are in blocks. */
            transactions: components["schemas"]["InBlocks"];
            /** @description The warning about transactions that failed in blocks, if any did. */
            warning?: string | null;
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
        /** @description An answer of `/api/v0`. */
        Outcome: {
            /** @description What is wrong, if anything is. */
            errors?: string[] | null;
            /** @description A word, or what was asked for. */
            result?: unknown;
        };
        /** @description A parameter of a setup. */
        Parameter: {
            /** @description The words of a choice. */
            choices: string[];
            /** @description Its value where a setup does not give one; null where there is none. */
            default: unknown;
            /** @description Which parameters it stands with. */
            group: string;
            /** @description What it means. */
            help: string;
            /** @description Its name in `setup` objects, which requests may use, too. */
            key: string;
            /**
             * Format: double
             * @description Greatest value.
             */
            max?: number | null;
            /**
             * Format: double
             * @description Least value.
             */
            min?: number | null;
            /** @description Its name in requests; a point stands for nesting. */
            name: string;
            /** @description `number`, `integer`, `amount`, `flag`, `text`, `texts`, `numbers`, `choice` or `seed`. */
            type: string;
            /** @description The unit of its number. */
            unit?: string | null;
        };
        /** @description The parameters of a setup. */
        ParametersAnswer: {
            /** @description All of them, group by group in the order of a form. */
            parameters: components["schemas"]["Parameter"][];
        };
        /** @description A plan: what the run with this setup and seed does. */
        PlanAnswer: {
            /** @description Everything, funding included, in full. */
            plan: Record<string, never>;
            /** @description The rounds. */
            rounds: Record<string, never>[];
            /** @description The script that is executed. */
            script: string;
            /**
             * Format: int64
             * @description What it was drawn from: give it as `seed` to run exactly this plan.
             */
            seed: number;
            /** @description The setup with defaults. */
            setup: Record<string, never>;
            /** @description What it comes to. */
            totals: components["schemas"]["PlanTotals"];
            /** @description What will go wrong, as far as that can be known now. */
            warnings: string[];
        };
        /** @description What a plan comes to. */
        PlanTotals: {
            /**
             * Format: int64
             * @description Accounts that are made.
             */
            accounts: number;
            /**
             * Format: int64
             * @description Seconds from the first round to the end of the last, by plan.
             */
            duration_s: number;
            /** @description MINA that the key files must hold; null if that is too much to be calculated. */
            funding?: string | null;
            /**
             * Format: int64
             * @description Transactions intended.
             */
            transactions: number;
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
        /** @description What became of a request to start. */
        StartAnswer: {
            /**
             * Format: int64
             * @description Runs before it, if it is queued.
             */
            ahead: number;
            /** @description The name. */
            name: string;
            /**
             * Format: int64
             * @description What the plan was drawn from.
             */
            seed: number;
            /** @description `running` or `queued`. */
            status: string;
            /** @description What will go wrong, as far as that can be known now. */
            warnings: string[];
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
        /** @description Transactions, with the reasons of what went wrong. */
        Total: components["schemas"]["Counts"] & {
            /** @description Why the ledger refused what failed: how many for which reason. */
            failures: components["schemas"]["BTreeMap"];
            /** @description Why nodes have not sent all that they accepted. */
            unsent_reasons: components["schemas"]["Unsent"][];
        };
        /** @description Why nodes have sent less of a kind of load than they accepted. */
        Unsent: {
            /** @description `payments` or `zkapps`. */
            kind: string;
            /** @description Why. */
            reason: string;
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
