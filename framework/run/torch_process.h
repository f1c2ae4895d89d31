// SPDX-License-Identifier: Apache-2.0
// The child python3 that runs references in PyTorch.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/descriptor.h"

namespace fitest {

// How to talk to it; descriptors belong to whoever handed this out.
struct TorchConnection {
  int socket = -1;
  int log = -1;  // memory that holds what it wrote to stdout and stderr
  pid_t pid = -1;
};

// Ends with this object, or with the process that started it, whichever is first.
class TorchProcess {
 public:
  // `gpu` is the UUID of the one GPU that it may use; empty: none. Error (Environment) when python
  // cannot be started; whether PyTorch can be imported shows in its first answer.
  TorchProcess(const std::string& python, const std::string& gpu);
  TorchProcess(const TorchProcess&) = delete;
  TorchProcess& operator=(const TorchProcess&) = delete;
  ~TorchProcess();

  TorchConnection connection() const { return {socket_.get(), log_.get(), pid_}; }
  const std::string& gpu() const { return gpu_; }
  // Kills it if it lives; "ended by signal 11 (Segmentation fault)".
  std::string end();

 private:
  std::string gpu_;
  Descriptor socket_;
  Descriptor log_;
  pid_t pid_ = -1;
  pid_t owner_ = -1;  // a fork of the owner must not end it
};

}  // namespace fitest
