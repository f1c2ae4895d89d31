// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/text.h"

namespace fitest {
namespace {

thread_local bool inside_loop = false;

// One loop: threads take pieces until none is left.
struct Loop {
  std::size_t count;
  std::size_t piece;
  const std::function<void(std::size_t, std::size_t)>& body;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr error;

  void run() noexcept {
    inside_loop = true;
    for (;;) {
      const std::size_t begin = next.fetch_add(piece);
      if (begin >= count) break;
      try {
        body(begin, std::min(count, begin + piece));
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        next.store(count);
      }
    }
    inside_loop = false;
  }
};

// Workers sleep between loops; one loop runs at a time.
class Pool {
 public:
  explicit Pool(std::size_t workers) {
    for (std::size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(Loop& loop) {
    const std::lock_guard one_at_a_time(run_mutex_);
    {
      const std::lock_guard lock(mutex_);
      loop_ = &loop;
      ++generation_;
      busy_ = threads_.size();
    }
    wake_.notify_all();
    loop.run();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    loop_ = nullptr;
  }

 private:
  void work() {
    std::size_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return stopping_ || generation_ != seen; });
      if (stopping_) return;
      seen = generation_;
      Loop* loop = loop_;
      lock.unlock();
      loop->run();
      lock.lock();
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> threads_;
  std::mutex run_mutex_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  Loop* loop_ = nullptr;
  std::size_t generation_ = 0;
  std::size_t busy_ = 0;
  bool stopping_ = false;
};

// The process's pool. A forked child has none of its parent's threads, so it starts its own; the
// parent's object cannot be destroyed there and is abandoned.
Pool& process_pool() {
  static std::mutex mutex;
  static std::unique_ptr<Pool> pool;
  static pid_t owner = 0;
  const std::lock_guard lock(mutex);
  if (owner != ::getpid()) {
    static_cast<void>(pool.release());
    pool = std::make_unique<Pool>(thread_count() - 1);
    owner = ::getpid();
  }
  return *pool;
}

std::size_t available_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::thread::hardware_concurrency();
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

std::size_t configured_threads() {
  if (const char* text = std::getenv("FITEST_THREADS")) {
    const auto value = parse_integer(text);
    if (value && *value >= 1 && *value <= 1024) return static_cast<std::size_t>(*value);
  }
  return std::max<std::size_t>(1, available_cores());
}

}  // namespace

std::size_t thread_count() {
  static const std::size_t count = configured_threads();
  return count;
}

void parallel_for(std::size_t count, std::size_t grain,
                  const std::function<void(std::size_t begin, std::size_t end)>& body) {
  if (count == 0) return;
  const std::size_t pieces = std::min(4 * thread_count(), count / std::max<std::size_t>(1, grain));
  if (inside_loop || thread_count() == 1 || pieces <= 1) {
    body(0, count);
    return;
  }
  Loop loop{count, (count + pieces - 1) / pieces, body, {}, {}, {}};
  process_pool().run(loop);
  if (loop.error) std::rethrow_exception(loop.error);
}

}  // namespace fitest
