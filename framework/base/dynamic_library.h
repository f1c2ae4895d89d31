// SPDX-License-Identifier: Apache-2.0
// A shared library opened at run time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fitest {

class DynamicLibrary {
 public:
  // The first candidate (path or soname) that opens, or nothing; `reason` then tells why not.
  static std::optional<DynamicLibrary> open(const std::vector<std::string>& candidates,
                                            std::string* reason = nullptr);

  // Typed symbol; null where the library lacks it.
  template <class Function>
  Function* find(const char* name) const {
    return reinterpret_cast<Function*>(symbol(name));
  }
  // The file that was opened.
  const std::string& path() const noexcept { return path_; }

 private:
  struct Close {
    void operator()(void* handle) const noexcept;
  };
  DynamicLibrary(void* handle, const std::string& name);
  void* symbol(const char* name) const;
  std::unique_ptr<void, Close> handle_;
  std::string path_;
};

}  // namespace fitest
