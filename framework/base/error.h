// SPDX-License-Identifier: Apache-2.0
// The one exception of fitest: something that the user or the machine got wrong.
#pragma once

#include <stdexcept>
#include <string>

namespace fitest {

enum class ErrorKind {
  Usage,        // the command line or a call of the library is wrong
  Input,        // a document, tensor file, expression or reference is wrong
  Compile,      // a kernel does not compile
  Unsupported,  // valid, but fitest cannot do it; the message names what is missing
  Environment,  // a file, a library, a device or memory is missing
  Internal,     // a bug of fitest
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

// Throws Error. Messages are whole sentences without a final full stop: what is wrong, what was
// expected, what to do.
[[noreturn]] void fail(ErrorKind kind, const std::string& message);

}  // namespace fitest
