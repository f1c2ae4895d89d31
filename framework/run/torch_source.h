// SPDX-License-Identifier: Apache-2.0
// Where a case gets the child python with PyTorch from.
//
// One process owns it for a whole run and outlives the processes of the cases; it lends it to one
// case at a time, which then talks to python directly (torch_engine.h). A case that dies with it in
// hand costs python its life: nobody knows what it was doing.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "document/value.h"
#include "run/torch_process.h"

namespace fitest {

struct TorchStatus {
  bool available = false;
  std::string python;   // the interpreter
  std::string version;  // of PyTorch
  std::string problem;  // why not available
};

// $FITEST_PYTHON if it is set, else the first of python3 and python in the active environment and
// PATH that has PyTorch 1.13 or newer. Imports nothing; asks every python once.
TorchStatus find_torch();

class TorchSource {
 public:
  virtual ~TorchSource() = default;
  virtual const TorchStatus& status() = 0;
  // The python that sees this GPU (a UUID; empty: none), started if there is none. Error
  // (Environment) without PyTorch.
  virtual TorchConnection take(const std::string& gpu) = 0;
  // It waits for the next request.
  virtual void give_back() = 0;
  // It is dead, or must die; how it ended. The next take() starts another one.
  virtual std::string discard() = 0;
};

// Owns it.
class TorchHost : public TorchSource {
 public:
  const TorchStatus& status() override;
  TorchConnection take(const std::string& gpu) override;
  void give_back() override { lent_ = false; }
  std::string discard() override;
  // For the owner: started so far.
  int started() const { return started_; }

 private:
  std::optional<TorchStatus> status_;
  std::unique_ptr<TorchProcess> process_;
  bool lent_ = false;
  int started_ = 0;
};

// Lends what `source` has to one other process; asked over a socket.
class TorchLender {
 public:
  explicit TorchLender(TorchSource& source);
  TorchLender(const TorchLender&) = delete;
  TorchLender& operator=(const TorchLender&) = delete;
  // Discards what was not given back.
  ~TorchLender();

  // Becomes readable when the borrower asks.
  int socket() const { return own_.get(); }
  // Answers one question; false when the borrower is gone.
  bool serve();
  // In the borrower, after the fork.
  std::unique_ptr<TorchSource> borrow();
  // In the owner, after the fork: the borrower's end is the borrower's.
  void forked() { theirs_.reset(); }

 private:
  Value answer(const Value& question, std::vector<int>& descriptors);

  TorchSource& source_;
  Descriptor own_;
  Descriptor theirs_;
  bool lent_ = false;
};

}  // namespace fitest
