import Foundation
import Imaging
import Testing

@Suite("interpolate") struct InterpolateCommandTests {
  private static let morph = [
    "interpolate", "cars.safetensors", "--scenes", "kenney_taxi,kenney_race", "--size", "20x16",
    "--quality", "preview", "--precision", "float32",
  ]

  private func withModel(_ body: (TemporaryFolder) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      try await body(folder)
    }
  }

  private struct Report: Decodable {
    let frames: [String]
    let rendered: Int
    let present: Int
    let length: Int
    let outputs: [String]
  }

  @Test("a frame has the bytes that render gives for the same latent and camera") func sameBytes()
    async throws
  {
    try await withModel { folder in
      let run = try await Program.run(
        Self.morph + [
          "--frames", "5", "-o", "m/##.png", "--curve", "spherical", "--truncate", "0.8",
          "--turntable",
        ], in: folder)
      expectSuccess(run)
      #expect(run.outputLines == (1...5).map { "m/0\($0).png" })
      for name in ["m/01.png", "m/04.png"] {
        expectSuccess(
          try await Program.run(
            ["render", "--from", name, "-o", "p.png", "--overwrite"], in: folder))
        let isSame = try folder.bytes(of: "p.png") == folder.bytes(of: name)
        #expect(isSame, "\(name)")
      }
      // The text that info shows for a scene is one that render takes.
      let info = try await Program.run(["info", "m/03.png"], in: folder)
      let line = try #require(info.outputLines.first { $0.hasPrefix("scene  ") })
      let scene = String(line.dropFirst(16))
      #expect(scene.hasPrefix("kenney_taxi*") && scene.contains(" + kenney_race*"))
    }
  }

  @Test("the ends of a path are the scenes themselves") func ends() async throws {
    try await withModel { folder in
      let run = try await Program.run(Self.morph + ["--frames", "3", "-o", "#.png"], in: folder)
      expectSuccess(run)
      for (name, scene) in [("1.png", "kenney_taxi"), ("3.png", "kenney_race")] {
        let render = [
          "render", "cars.safetensors", "--size", "20x16", "--quality", "preview", "--precision",
          "float32", "--scene", scene, "-o", "p.png", "--overwrite",
        ]
        expectSuccess(try await Program.run(render, in: folder))
        let isSame = try folder.bytes(of: "p.png") == folder.bytes(of: name)
        #expect(isSame, "\(scene)")
      }
    }
  }

  @Test("any number of threads makes the same frames", arguments: [["--even-motion"], []])
  func threads(options: [String]) async throws {
    try await withModel { folder in
      for threads in ["1", "2", "3", "8"] {
        let run = try await Program.run(
          Self.morph + options + ["--frames", "4", "-o", "\(threads)-#.png", "--threads", threads],
          in: folder)
        expectSuccess(run)
      }
      for frame in 1...4 {
        let files = try ["1", "2", "3", "8"].map { try folder.bytes(of: "\($0)-\(frame).png") }
        let isSame = files.allSatisfy { $0 == files[0] }
        #expect(isSame)
      }
    }
  }

  @Test("a second run leaves frames alone, and one of other settings is refused") func again()
    async throws
  {
    try await withModel { folder in
      let command = Self.morph + ["--frames", "4", "-o", "f/#.png", "--json"]
      let first = try await Program.run(command, in: folder).report(Report.self)
      #expect(first.rendered == 4 && first.present == 0 && first.length == 4)
      try folder.remove("f/3.png")
      let second = try await Program.run(command, in: folder).report(Report.self)
      #expect(second.rendered == 1 && second.present == 3 && second.frames == first.frames)
      let before = try folder.contents()

      let other = try await Program.run(command + ["--seed", "3"], in: folder)
      expectFailure(
        other, code: 73,
        line:
          "f/1.png: found a picture of other settings, expected none or one of the same settings")
      #expect(try folder.contents() == before)
      try folder.put("no picture", at: "f/2.png")
      expectFailure(
        try await Program.run(command, in: folder), code: 73,
        line: "f/2.png: found a file without settings, expected none")
      let replaced = try await Program.run(command + ["--seed", "3", "--overwrite"], in: folder)
      expectSuccess(replaced)
      let isOther = try folder.contents() != before
      #expect(isOther)
    }
  }

  @Test("lists and shards together make what one run makes") func parts() async throws {
    try await withModel { folder in
      expectSuccess(
        try await Program.run(Self.morph + ["--frames", "5", "-o", "whole/#.png"], in: folder))
      let part = Self.morph + ["--length", "5", "-o", "parts/#.png"]
      expectSuccess(try await Program.run(part + ["--frames", "1-5x2"], in: folder))
      #expect(try folder.names(in: "parts") == ["1.png", "3.png", "5.png"])
      expectSuccess(
        try await Program.run(part + ["--frames", "2,4", "--shard", "2/2"], in: folder))
      #expect(try folder.names(in: "parts") == ["1.png", "3.png", "4.png", "5.png"])
      let slurm = try await Program.run(
        part, in: folder,
        environment: [
          "SLURM_ARRAY_TASK_ID": "11", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "10",
        ])
      expectSuccess(slurm)
      #expect(slurm.outputLines == ["parts/2.png", "parts/5.png"])
      for frame in 1...5 {
        let isSame =
          try folder.bytes(of: "parts/\(frame).png") == folder.bytes(of: "whole/\(frame).png")
        #expect(isSame)
      }
    }
  }

  @Test("animation, contact sheet, report and cameras stand beside the frames") func extras()
    async throws
  {
    try await withModel { folder in
      let command =
        Self.morph + [
          "--frames", "6", "--loop", "-o", "f/%02d.png", "--animation", "a.png", "--contact-sheet",
          "sheet.png", "--report", "r/health.json", "--write-camera-path", "cameras.json",
        ]
      let run = try await Program.run(command, in: folder)
      expectSuccess(run)
      #expect(
        run.outputLines.suffix(5) == [
          "a.png", "sheet.png", "r/health.json", "r/health-plot.png", "cameras.json",
        ])
      // A reader that knows no animation sees the first frame.
      #expect(
        try PNGFile.read(folder.path(of: "a.png")) == PNGFile.read(folder.path(of: "f/01.png")))
      let animation = try PNGChunkList(reading: folder.path(of: "a.png"))
      #expect(animation.chunks.count { $0.name == "fcTL" } == 6)
      let sheet = try PNGFile.read(folder.path(of: "sheet.png"))
      #expect((sheet.width, sheet.height) == (4 + 3 * 24, 4 + 2 * 20))
      #expect(try folder.text(of: "r/health.json").contains("\"image_path_length\""))

      // The same command again changes nothing; another sequence does not take the files' names.
      let before = try folder.contents()
      expectSuccess(try await Program.run(command, in: folder))
      let isSame = try folder.contents() == before
      #expect(isSame)
      let other = try await Program.run(
        command + ["-o", "g/%02d.png", "--seed", "1"], in: folder)
      expectFailure(other, code: 73, line: "a.png: found an existing file, expected a free name")

      // The cameras that were written are the cameras that are read.
      let read = try await Program.run(
        [
          "interpolate", "cars.safetensors", "--camera-path", "cameras.json", "-o", "c/#.png",
          "--quality", "preview", "--scenes", "mean", "--json",
        ], in: folder
      ).report(Report.self)
      #expect(read.rendered == 6)
      #expect(try PNGFile.read(folder.path(of: "c/1.png")).width == 20)
    }
  }

  @Test("a video is what ffmpeg makes of the frames, without a shell") func video() async throws {
    try await withModel { folder in
      // It stands in for ffmpeg: keeps its arguments and writes what it reads to the last of them.
      try folder.makeFolder("bin")
      try folder.put(
        """
        #!/bin/bash
        printf '%s\\n' "$@" > arguments
        cat > "${@: -1}" 2> /dev/null || cat > "$(echo "${@: -1}" | sed s/^file://)"
        """, at: "bin/ffmpeg")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: folder.path(of: "bin/ffmpeg"))
      let name = "$(touch pwned) -x;.mp4"
      let run = try await Program.run(
        Self.morph + ["--frames", "3", "--fps", "12", "-o", "f/#.png", "--video", name], in: folder,
        environment: ["PATH": folder.path(of: "bin") + ":/usr/bin:/bin"])
      expectSuccess(run)
      #expect(run.outputLines.last == name)
      #expect(!folder.exists("pwned"))
      let arguments = try folder.text(of: "arguments").split(separator: "\n")
      #expect(arguments.contains("12.0") && arguments.contains("image2pipe"))
      let frames = try (1...3).flatMap { try folder.bytes(of: "f/\($0).png") }
      let isSame = try folder.bytes(of: name) == frames
      #expect(isSame)
    }
  }

  @Test("a timeline keys latents and cameras") func timeline() async throws {
    try await withModel { folder in
      try folder.put(
        """
        {"hypermarch_timeline": 1, "fps": 2, "size": [12, 10],
         "latent": [{"time": 0, "scene": "kenney_taxi"}, {"time": 2, "mix": {"mean": 1}}],
         "camera": [{"time": 0, "kind": "orbit", "azimuth": 0, "elevation": 10, "distance": 3,
                     "fov": 40},
                    {"time": 2, "kind": "dataset", "file": "car/transforms_train.json", "frame": 2}]}
        """, at: "t.json")
      try folder.copy(Fixtures.taxi, to: "car")
      let run = try await Program.run(
        ["interpolate", "cars.safetensors", "--timeline", "t.json", "-o", "#.png"], in: folder)
      expectSuccess(run)
      #expect(run.outputLines == (1...5).map { "\($0).png" })
      let last = try await Program.run(
        [
          "render", "cars.safetensors", "--scene", "mean", "--cameras", "car/transforms_train.json",
          "--frame", "2", "--size", "12x10", "-o", "p.png",
        ], in: folder)
      expectSuccess(last)
      #expect(
        try PNGFile.read(folder.path(of: "5.png")) == PNGFile.read(folder.path(of: "p.png")))
    }
  }

  @Test("killed again and again, a sequence comes to the same frames as in one go")
  func kills() async throws {
    try await withModel { folder in
      let command = Self.morph + ["--frames", "24", "--size", "64", "--threads", "2", "--quiet"]
      expectSuccess(try await Program.run(command + ["-o", "whole/##.png"], in: folder))
      var killCount = 0
      // The moments are spread over a run's time; the seed is in the numbers.
      for moment in [0.03, 0.08, 0.05, 0.11, 0.06, 0.14] {
        try await Program.kill(command + ["-o", "parts/##.png"], in: folder, after: moment)
        killCount += 1
        for name in (try? folder.names(in: "parts")) ?? [] where !name.hasPrefix(".") {
          let isSame =
            try folder.bytes(of: "parts/\(name)") == folder.bytes(of: "whole/\(name)")
          #expect(isSame, "\(name) after \(killCount) kills")
        }
      }
      expectSuccess(try await Program.run(command + ["-o", "parts/##.png"], in: folder))
      #expect(try folder.names(in: "parts") == folder.names(in: "whole"))
      for name in try folder.names(in: "whole") {
        let isSame = try folder.bytes(of: "parts/\(name)") == folder.bytes(of: "whole/\(name)")
        #expect(isSame, "\(name)")
      }
    }
  }
}
