// Why equipment cannot be opened, as the system names it: never the path, which is its owner's.
export function reasonOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? "cannot be opened";
}
