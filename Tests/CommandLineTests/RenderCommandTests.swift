import Foundation
import Imaging
import Testing

@Suite("render") struct RenderCommandTests {
  private struct Report: Decodable {
    let schema: Int
    let files: [String]
    let scene: String
    let width: Int
    let height: Int
    let fieldEvaluations: Int
    let raysMarched: Int
  }

  /// Runs a test in a folder with the files `ball.json` and `cars.safetensors`.
  private func withScenes(
    _ body: (TemporaryFolder) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      try folder.put(Fixtures.ball, at: "ball.json")
      try folder.put(try await Fixtures.model(), at: "cars.safetensors")
      try await body(folder)
    }
  }

  private func read(
    _ name: String, in folder: TemporaryFolder
  ) throws -> (image: Image, text: [PNGTextEntry], bitDepth: Int) {
    try PNGFile.readWithText(folder.path(of: name))
  }

  /// The samples of one pixel.
  private func pixel(_ image: Image, column: Int, row: Int) -> [Float] {
    let start = (row * image.width + column) * image.channelCount
    return Array(image.samples[start..<start + image.channelCount])
  }

  @Test("a scene of a model becomes an RGB picture of the size asked for") func picture()
    async throws
  {
    try await withScenes { folder in
      let run = try await Program.run(
        ["render", "cars.safetensors", "--size", "17x16", "--scene", "kenney_taxi", "-o", "p.png"],
        in: folder)
      expectSuccess(run)
      #expect(run.output == "p.png\n")
      #expect(run.errors == "")
      let (image, text, bitDepth) = try read("p.png", in: folder)
      #expect((image.width, image.height, image.channelCount, bitDepth) == (17, 16, 3, 8))
      #expect(text.map(\.keyword) == ["Software", "hypermarch"])
      #expect(text.first?.text.hasPrefix("hypermarch ") == true)
    }
  }

  @Test("a transparent picture over white is the picture over white") func transparency()
    async throws
  {
    try await withScenes { folder in
      let view = ["render", "ball.json", "--size", "16"]
      expectSuccess(try await Program.run(view + ["-o", "white.png"], in: folder))
      expectSuccess(
        try await Program.run(
          view + ["--background", "transparent", "-o", "clear.png"], in: folder))
      let clear = try read("clear.png", in: folder).image
      #expect(clear.channelCount == 4)
      #expect(pixel(clear, column: 0, row: 0)[3] == 0)
      #expect(pixel(clear, column: 8, row: 8) == [1, 0, 0, 1])
      let expected = try read("white.png", in: folder).image
      let found = clear.composited(over: [1, 1, 1])
      // Alpha, colour and picture are each rounded to 8 bits.
      let largest = zip(found.samples, expected.samples).map { abs($0 - $1) }.max()
      #expect(try #require(largest) <= 1.6 / 255)
    }
  }

  @Test("backgrounds are colours by name or number")
  func background() async throws {
    try await withScenes { folder in
      for (name, colour) in [("black", [0, 0, 0]), ("#3366ff", [51, 102, 255])] as [(String, [Int])]
      {
        let run = try await Program.run(
          [
            "render", "ball.json", "--size", "8", "--background", name, "-o", "p.png",
            "--overwrite",
          ],
          in: folder)
        expectSuccess(run)
        let corner = pixel(try read("p.png", in: folder).image, column: 0, row: 0)
        #expect(corner.map { Int(($0 * 255).rounded()) } == colour)
      }
    }
  }

  @Test("depth, normals and opacity are those of the ball that is looked at") func otherPictures()
    async throws
  {
    try await withScenes { folder in
      let run = try await Program.run(
        [
          "render", "ball.json", "--size", "33", "-o", "ball.png", "--depth", "--normals",
          "--opacity", "--json",
        ], in: folder)
      expectSuccess(run)
      let report = try run.report(Report.self)
      let files = ["ball.png", "ball-depth.png", "ball-normals.png", "ball-opacity.png"]
      #expect(report.files == files)
      #expect(report.schema == 1)
      #expect((report.scene, report.width, report.height) == ("ball", 33, 33))
      #expect(report.fieldEvaluations > report.raysMarched && report.raysMarched > 0)
      #expect(try folder.names() == (files + ["ball.json", "cars.safetensors"]).sorted())

      let depth = try read("ball-depth.png", in: folder)
      #expect((depth.image.channelCount, depth.bitDepth) == (1, 16))
      let scale = try #require(depth.text.first { $0.keyword == "depth_scale" }).text
      #expect(scale == "10000")
      let distance = pixel(depth.image, column: 16, row: 16)[0] * 65_535 / 10_000
      #expect(abs(distance - 2.5) < 0.01)
      #expect(pixel(depth.image, column: 0, row: 0) == [0])

      // The camera stands on the x axis, and so points the normal in the middle.
      let normals = try read("ball-normals.png", in: folder).image
      let middle = pixel(normals, column: 16, row: 16)
      #expect(zip(middle, [1, 0.5, 0.5, 1]).allSatisfy { abs($0 - $1) < 0.02 }, "\(middle)")
      #expect(pixel(normals, column: 0, row: 0)[3] == 0)

      let opacity = try read("ball-opacity.png", in: folder).image
      #expect(opacity.channelCount == 1)
      #expect(pixel(opacity, column: 16, row: 16) == [1])
      #expect(pixel(opacity, column: 0, row: 0) == [0])
    }
  }

  @Test("a depth beyond what 16 bits hold at one step a unit is stored in larger steps")
  func farDepth() async throws {
    try await withScenes { folder in
      let run = try await Program.run(
        [
          "render", "ball.json", "--size", "9", "--distance", "200000", "--fov", "1", "--depth",
          "-o", "p.png",
        ], in: folder)
      expectSuccess(run)
      let text = try read("p-depth.png", in: folder).text
      let scale = try #require(text.first { $0.keyword == "depth_scale" }).text
      #expect(try #require(Float(scale)) > 0)
    }
  }

  @Test("an orbit, a look-at and a frame are three ways to say one camera") func cameras()
    async throws
  {
    try await withScenes { folder in
      // Of a camera at (3, 0, 0): right is y, up is z, backward is x.
      try folder.put(
        """
        {"camera_angle_x": 0.6981317, "frames": [{"file_path": "p.png", "transform_matrix":
        [[0, 0, 1, 3], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]}]}
        """, at: "transforms.json")
      let ways = [
        ["--azimuth", "0", "--elevation", "0", "--distance", "3"],
        ["--look-from", "3,0,0", "--look-at", "0,0,0"],
        ["--cameras", "transforms.json", "--frame", "0"],
        ["--scene", "front"],
      ]
      var pictures: [Image] = []
      for (index, way) in ways.enumerated() {
        let run = try await Program.run(
          ["render", "ball.json", "--size", "16x12", "-o", "\(index).png"] + way, in: folder)
        expectSuccess(run)
        pictures.append(try read("\(index).png", in: folder).image)
      }
      for picture in pictures.dropFirst() {
        #expect(ImageMetrics.psnr(pictures[0], picture) > 50)
      }
      let above = try await Program.run(
        ["render", "ball.json", "--size", "16x12", "-o", "above.png", "--scene", "above"],
        in: folder)
      expectSuccess(above)
    }
  }

  @Test("without a name the picture goes to renders under the next free one") func defaultName()
    async throws
  {
    try await withScenes { folder in
      for name in ["renders/ball.png", "renders/ball-2.png"] {
        let run = try await Program.run(["render", "ball.json", "--size", "4"], in: folder)
        expectSuccess(run)
        #expect(run.output == name + "\n")
      }
      #expect(try folder.names(in: "renders") == ["ball-2.png", "ball.png"])
      #expect(try folder.bytes(of: "renders/ball.png") == folder.bytes(of: "renders/ball-2.png"))
    }
  }

  @Test("without arguments the model that comes with the program is rendered") func noArguments()
    async throws
  {
    try await withTemporaryFolder { folder in
      try folder.makeFolder("home/scenes")
      try folder.put(try await Fixtures.model(), at: "home/scenes/cars.safetensors")
      let run = try await Program.run(["render"], in: folder, home: "home")
      expectSuccess(run)
      #expect(run.output == "renders/kenney_race.png\n")
      #expect(try folder.names() == ["home", "renders"])
    }
  }

  @Test("what a killed process left of a picture is removed") func leftovers() async throws {
    try await withScenes { folder in
      // No process has the largest number.
      try folder.put("half a picture", at: ".p.png.tmp-\(Int32.max)")
      let run = try await Program.run(
        ["render", "ball.json", "--size", "4", "-o", "p.png"], in: folder)
      expectSuccess(run)
      #expect(try folder.names() == ["ball.json", "cars.safetensors", "p.png"])
    }
  }
}
