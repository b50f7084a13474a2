import Checkpoints
import Foundation
import Subprocess
import Testing

@Suite("Interrupting a sequence") struct SequenceSignalTests {
  /// Stands in for ffmpeg: says who it is, and never ends by itself.
  private static func script(_ beginning: String) -> String {
    "#!/bin/bash\n\(beginning)\necho $$ > pid\nexec 0<&- \nwhile :; do sleep 0.05; done\n"
  }

  /// Whether a process has ended, though nobody may have asked how.
  private static func hasEnded(_ number: String) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8) else {
      return true
    }
    return text.split(separator: ")").last?.hasPrefix(" Z") ?? true
  }

  @Test(
    "a signal ends ffmpeg too, and the program with the signal's exit code",
    arguments: [(false, 143), (true, 130)] as [(Bool, Int32)])
  func video(ignoresFirst: Bool, code: Int32) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      try folder.makeFolder("bin")
      try folder.put(Self.script(ignoresFirst ? "trap '' TERM" : ""), at: "bin/ffmpeg")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: folder.path(of: "bin/ffmpeg"))
      // The second signal is for what does not heed the first.
      let signals = ignoresFirst ? "kill -TERM $!; sleep 0.3; kill -INT $!" : "kill -TERM $!"
      let run = try await Program.run(
        script: "export PATH=\"$PWD/bin:$PATH\"; \"$0\" \"$@\" & "
          + "for n in {1..600}; do [ -s pid ] && break; sleep 0.1; done; sleep 0.2; \(signals); "
          + "wait $!",
        [
          "interpolate", "m.safetensors", "--frames", "2", "--size", "8", "--quality", "preview",
          "-o", "f/#.png", "--video", "v.mp4",
        ], in: folder)
      #expect(run.exitCode == code, "\(run.errors)")
      #expect(run.output == "")
      let number = try folder.text(of: "pid").trimmingCharacters(in: .whitespacesAndNewlines)
      for _ in 0..<100 where !Self.hasEnded(number) { try await Task.sleep(for: .milliseconds(20)) }
      #expect(Self.hasEnded(number))
      #expect(!folder.exists("v.mp4"))
      #expect(try folder.names(in: "f") == ["1.png", "2.png"])
    }
  }

  @Test("a signal is heeded while a million frames are listed") func listing() async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "m.safetensors")
      // Processor time: what else runs beside the test does not count.
      let run = try await Program.run(
        script: "\"$0\" \"$@\" 2>err & "
          + "for n in {1..600}; do grep -q 'needs about' err && break; sleep 0.1; done; "
          + "sleep 0.2; kill -TERM $!; wait $!; code=$?; times | tail -n 1; exit $code",
        [
          "interpolate", "m.safetensors", "--turntable", "--frames", "1000000", "--size", "8", "-o",
          "f/#######.png", "--memory-limit", "1000G",
        ], in: folder)
      #expect(run.exitCode == 143)
      #expect(try folder.text(of: "err").hasSuffix("error: stopped by a signal\n"))
      let seconds = try #require(run.output.wholeMatch(of: /0m([0-9.]+)s 0m[0-9.]+s\n?/)?.1)
      #expect(try #require(Double(seconds)) < 8)
      #expect(try folder.names() == ["err", "m.safetensors"])
    }
  }

  @Test(
    "Promise 5: a frame that is not made of numbers gets no name, and no run is done without it")
  func unsound() async throws {
    try await withTemporaryFolder { folder in
      var file = try Safetensors.decode(try await Fixtures.model(), path: "good")
      // Finite numbers that make a field of others.
      file.tensors = file.tensors.map { tensor in
        guard tensor.name != "latents" else { return tensor }
        return Tensor(
          name: tensor.name, shape: tensor.shape, elementType: tensor.elementType,
          values: tensor.values.map { $0 < 0 ? -3e38 : 3e38 })
      }
      try folder.put(try Safetensors.encode(file, path: "bad"), at: "bad.safetensors")
      for _ in 0..<2 {
        let run = try await Program.run(
          [
            "interpolate", "bad.safetensors", "--turntable", "--frames", "2", "--size", "8",
            "--precision", "float32", "-o", "f/#.png", "--contact-sheet", "s.png", "--quiet",
          ], in: folder)
        expectFailure(
          run, code: 70, line: "f/1.png: found more than 0.1 % of the pixels not finite, expected ")
        #expect(try folder.names(in: "f") == [])
        #expect(!folder.exists("s.png"))
      }
    }
  }
}
