# SPDX-License-Identifier: Apache-2.0
#[[
Where `ctest -D Experimental` sends results. The environment says it: CDASH_URL, the server's submit
address with the project (https://my.cdash.org/submit.php?project=kernels), CDASH_PROJECT, CDASH_SITE.
Of `ctest -D` it is the environment in which the build tree was configured.
]]
set(CTEST_PROJECT_NAME fitest)
if(DEFINED ENV{CDASH_PROJECT})
  set(CTEST_PROJECT_NAME $ENV{CDASH_PROJECT})
endif()
if(DEFINED ENV{CDASH_SITE})
  set(CTEST_SITE $ENV{CDASH_SITE})  # for ctest -S
  set(SITE $ENV{CDASH_SITE})  # for include(CTest)
endif()
set(CTEST_SUBMIT_URL "$ENV{CDASH_URL}")
set(CTEST_NIGHTLY_START_TIME "00:00:00 UTC")
