// SPDX-License-Identifier: Apache-2.0
// The set of handlers of one level.
#include "ptx/exec.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

#define FITEST_PTX_TEXT_OF(name) #name
#define FITEST_PTX_TEXT(name) FITEST_PTX_TEXT_OF(name)

const HandlerSet& handler_set() {
  static const HandlerSet kSet = {
      FITEST_PTX_TEXT(FITEST_PTX_LEVEL),
      {integer_handlers(), logic_handlers(), compare_handlers(), float_compare_handlers(),
       floating_handlers(), half_handlers(), convert_handlers(), carry_handlers(),
       video_handlers()},
      &load_handler,
      &store_handler,
      &multiply_matrices,
  };
  return kSet;
}

#undef FITEST_PTX_TEXT
#undef FITEST_PTX_TEXT_OF

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
