/**
 * Aborts with the given signal, or after the time. On Node 20 nothing holds the signal of `AbortSignal.timeout` when only
 * `AbortSignal.any` listens to it: once it is collected it never fires. A timer holds its controller. Can go with Node 20.
 */
export function within(timeoutMs: number, signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DOMException("The time is over", "TimeoutError")), timeoutMs);
  timer.unref();
  const end = () => {
    clearTimeout(timer);
    controller.abort(signal.reason);
  };
  if (signal.aborted) end();
  else {
    signal.addEventListener("abort", end, { once: true });
    controller.signal.addEventListener("abort", () => signal.removeEventListener("abort", end), { once: true });
  }
  return controller.signal;
}
