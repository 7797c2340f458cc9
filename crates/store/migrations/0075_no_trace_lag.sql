-- The program reckons lags from the traces that it keeps in memory: nothing asks this function any more.
DROP FUNCTION loadlab.trace_lag(integer, double precision, double precision);
