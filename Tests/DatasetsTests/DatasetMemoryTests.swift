import Datasets
import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Memory of data sets") struct DatasetMemoryTests {
  @Test("what headers claim is at least what reading keeps") func claims() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "hypermarch-\(UUID().uuidString)"
    ).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let matrix = "[[1,0,0,0],[0,1,0,0],[0,0,1,3],[0,0,0,1]]"
    for number in 0..<3 {
      try PNGFile.write(
        Image(width: 20, height: 10, channelCount: number + 1), to: "\(folder)/\(number).png")
    }
    let frames = (0..<3).map {
      "{\"file_path\": \"\($0).png\", \"transform_matrix\": \(matrix)}"
    }
    let text = "{\"camera_angle_x\": 0.7, \"frames\": [\(frames.joined(separator: ","))]}"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/transforms_train.json"))
    let claimed = try DatasetMemory(of: folder, splits: [.train], threadCount: 2)
    let read = DatasetMemory(
      of: try DatasetFolder.open(folder, splits: [.train], threadCount: 2).scenes)
    #expect(claimed.pictureCount == 3 && read.pictureCount == 3)
    #expect(claimed.pixelCount == 600 && read.pixelCount == 600)
    #expect(claimed.largestPixelCount == 200)
    #expect(claimed.keptBytes >= read.keptBytes && read.keptBytes >= 1800)
    #expect(claimed.decodingBytes > 0)
  }

  @Test("a file that is no picture claims nothing") func noPicture() {
    #expect(PNGFile.claim(of: "/nowhere/at/all.png") == nil)
    #expect(PNGFile.claim(of: "/dev/zero") == nil)
    #expect(PNGFile.claim(of: "/tmp") == nil)
  }
}
