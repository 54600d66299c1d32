# SPDX-License-Identifier: MIT
# batch.mk - compiles the C++ files of the test programs a dozen at a time (tests/batch), after a header
# that is compiled once. That takes much less time, since most of what a compiler does for one test is to
# read what all of them include. For GNU make, to be read before the makefile:
#     make check MAKEFILES=.../tests/batch.mk

BATCH_SIZE = 12
# What these define is for the first header that they include.
BATCH_NOT = tests/unit/poolobj_test.cc

# batch_files PROGRAM and the like. All this is read before the makefile's own variables are known, and expanded after that.
batch_files = $(filter-out $(BATCH_NOT),$(filter %.cc,$($1_SOURCES)))
batch_single = $(foreach file,$(batch_files),$(dir $(file))$1-$(notdir $(file:.cc=.o)))
batch_starts = $(shell seq 1 $(BATCH_SIZE) $(words $(batch_files)))
batch_objects = $(patsubst %,batch/$1-%.o,$(batch_starts)) $(filter-out $(batch_single),$(am_$1_OBJECTS))

override object_tests_OBJECTS = $(call batch_objects,object_tests)
override unit_tests16_OBJECTS = $(call batch_objects,unit_tests16)
override unit_tests8_OBJECTS = $(call batch_objects,unit_tests8)
override fault_tests16_OBJECTS = $(call batch_objects,fault_tests16)
override fault_tests8_OBJECTS = $(call batch_objects,fault_tests8)
override stress_tests16_OBJECTS = $(call batch_objects,stress_tests16)
override stress_tests8_OBJECTS = $(call batch_objects,stress_tests8)
override api_tests16_OBJECTS = $(call batch_objects,api_tests16)
override api_tests8_OBJECTS = $(call batch_objects,api_tests8)
override object_api_tests_OBJECTS = $(call batch_objects,object_api_tests)

# In the recipe of a batch, whose name is PROGRAM-START.
batch_program = $(firstword $(subst -, ,$*))
batch_start = $(lastword $(subst -, ,$*))
batch_end = $(shell expr $(batch_start) + $(BATCH_SIZE) - 1)
batch_own = $(wordlist $(batch_start),$(batch_end),$(call batch_files,$(batch_program)))
batch_compile = $(CXX) $(DEFS) $(DEFAULT_INCLUDES) $1 $(CPPFLAGS) $(AM_CXXFLAGS) $(CXXFLAGS)

batch/first.h.gch: tests/support/first.h
	@mkdir -p $(@D)
	$(AM_V_GEN)$(call batch_compile,$(GTEST_CFLAGS)) -x c++-header -o $@ $<

# Written anew where a test may include something else, and left as old as it is where none does.
batch/%.cc: Makefile $(wildcard $(dir $(lastword $(MAKEFILE_LIST)))*/*_test.cc)
	@mkdir -p $(@D)
	@here=$$PWD/$@ && cd $(top_srcdir) && $(AWK) -f tests/batch $(batch_own) >"$$here.new" && \
	    { cmp -s "$$here.new" "$$here" && rm "$$here.new" || mv "$$here.new" "$$here"; }
batch/%.o: batch/%.cc batch/first.h.gch
	$(AM_V_CXX)$(call batch_compile,-include batch/first.h $($(batch_program)_CPPFLAGS)) -MMD -MP -c -o $@ $<
batch/%.d: ;
.PRECIOUS: batch/%.cc
-include $(wildcard batch/*.d)
