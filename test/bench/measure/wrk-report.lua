-- Prints what wrk counted as one line of JSON, exact where its own text is rounded. Only `done` is defined: wrk then
-- keeps its fast path and calls no Lua while it measures.
function done(summary, latency, requests)
  io.write(string.format(
    'report {"requests":%d,"durationUs":%d,"bytes":%.0f,"p50Us":%d,"p99Us":%d,"maxUs":%d,' ..
      '"errors":{"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}}\n',
    summary.requests, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99), latency.max,
    summary.errors.connect, summary.errors.read, summary.errors.write, summary.errors.status, summary.errors.timeout))
end
