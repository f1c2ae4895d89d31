// SPDX-License-Identifier: Apache-2.0
// Loops spread over the cores.
#pragma once

#include <cstddef>
#include <functional>

namespace fitest {

// Threads that parallel_for uses: $FITEST_THREADS, else the cores this process may run on.
std::size_t thread_count();

// Calls body(begin, end) on disjoint pieces of [0, count), each `grain` long at least, on the
// calling thread and a pool. Returns when all are done; the first exception is rethrown. A call
// from inside a body runs on its own thread alone.
void parallel_for(std::size_t count, std::size_t grain,
                  const std::function<void(std::size_t begin, std::size_t end)>& body);

}  // namespace fitest
