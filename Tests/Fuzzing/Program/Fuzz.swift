// libFuzzer has the main function and calls the module's entry.
import Fuzzing
