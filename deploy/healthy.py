"""Exit with 0 when an address answers 200: the images have no curl."""

import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1], timeout=4) as answer:
    sys.exit(answer.status != 200)
