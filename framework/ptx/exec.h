// SPDX-License-Identifier: Apache-2.0
// The chapters of handlers that are compiled for every level. Included by exec_*.cpp only.
#pragma once

#include "ptx/handlers.h"

#ifndef FITEST_PTX_LEVEL
#define FITEST_PTX_LEVEL baseline
#endif

namespace fitest::ptx::FITEST_PTX_LEVEL {

std::span<const HandlerEntry> integer_handlers();
std::span<const HandlerEntry> logic_handlers();
std::span<const HandlerEntry> compare_handlers();
std::span<const HandlerEntry> float_compare_handlers();
std::span<const HandlerEntry> floating_handlers();
std::span<const HandlerEntry> half_handlers();
std::span<const HandlerEntry> convert_handlers();
std::span<const HandlerEntry> carry_handlers();
std::span<const HandlerEntry> video_handlers();
Handler load_handler(const MemoryForm& form);
Handler store_handler(const MemoryForm& form);
void multiply_matrices(const MatrixForm& form, const MatrixOperands& operands);

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
