/* Running with the cache switched off is not modelled; see docs/fidelity. */
#pragma once
