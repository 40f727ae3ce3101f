"""What `make demo` runs: a network of single numbers learns XOR, another 3-bit parity; losses, a boundary and a graph.

    python -m examples.demo

Expect two progress bars, two truth tables without a mistake, seven pictures and a page in out/, in less than ten seconds.
"""

from __future__ import annotations

import time

from examples import parity, xor


def main() -> None:
    begin = time.perf_counter()
    pictures = [*xor.main([]), *parity.main([])]
    print(f"Done in {time.perf_counter() - begin:.1f} s. Look at")
    for path in pictures:
        how = "   (open it in a browser: it steps through backward, gradient by gradient)" if path.suffix == ".html" else ""
        print(f"    {path}{how}")


if __name__ == "__main__":
    main()
