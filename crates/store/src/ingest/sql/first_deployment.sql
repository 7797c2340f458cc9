-- Makes a deployment unless there is one. Sent as one message, which is one transaction: the
-- server carries it out also if the client is gone by then. Otherwise the rolled back insertion
-- would have used up a number, and the next import's deployment would not be number 1.
-- Of two that come at once the second sees what the first has made.
LOCK TABLE public.deployment IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO public.deployment (metadata_json)
SELECT '{"note": "made by the first import"}'
WHERE NOT EXISTS (SELECT FROM public.deployment);
