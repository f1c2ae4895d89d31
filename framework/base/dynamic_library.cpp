// SPDX-License-Identifier: Apache-2.0
#include "base/dynamic_library.h"

#include <dlfcn.h>
#include <link.h>

namespace fitest {
namespace {

std::string loaded_path(void* handle, const std::string& name) {
  link_map* map = nullptr;
  if (::dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr) return name;
  return map->l_name != nullptr && map->l_name[0] != '\0' ? map->l_name : name;
}

}  // namespace

void DynamicLibrary::Close::operator()(void* handle) const noexcept {
  ::dlclose(handle);
}

DynamicLibrary::DynamicLibrary(void* handle, const std::string& name)
    : handle_(handle), path_(loaded_path(handle, name)) {}

std::optional<DynamicLibrary> DynamicLibrary::open(const std::vector<std::string>& candidates,
                                                   std::string* reason) {
  for (const std::string& name : candidates) {
    // Kept until the process ends: libraries with a C++ runtime of their own (NVRTC) never free
    // what that holds, and once unloaded nothing refers to it.
    if (void* handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
      return DynamicLibrary(handle, name);
    }
    const char* message = ::dlerror();
    if (reason != nullptr && reason->empty() && message != nullptr) *reason = message;
  }
  return std::nullopt;
}

void* DynamicLibrary::symbol(const char* name) const {
  return ::dlsym(handle_.get(), name);
}

}  // namespace fitest
