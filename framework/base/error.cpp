// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

namespace fitest {

void fail(ErrorKind kind, const std::string& message) {
  throw Error(kind, message);
}

}  // namespace fitest
