import Datasets
import Foundation
import Testing

@Suite("SRN folder: strictness")
struct SRNConfinementTests {
  @Test(
    "a link that leads out of the scene is not followed",
    arguments: ["pose/000.txt", "intrinsics.txt", "rgb/000.png"])
  func links(name: String) throws {
    try SceneFixture.with { fixture in
      try SRNFolderTests.write(fixture, "a")
      try SRNFolderTests.write(fixture, "b")
      try FileManager.default.removeItem(atPath: fixture("a/\(name)"))
      try fixture.link("a/\(name)", to: fixture("b/\(name)"))
      let error = #expect(throws: DatasetError.self) { try DatasetFolder.open(fixture("a")) }
      guard case .outsideFolder = error else {
        Issue.record("found \(String(describing: error)), expected a name outside of the folder")
        return
      }
    }
  }

  @Test("only decimal numbers are numbers", arguments: ["0x8", "nan", "inf", "1_0"])
  func words(word: String) throws {
    try SceneFixture.with { fixture in
      try SRNFolderTests.write(fixture, "a", intrinsics: "\(word) 2. 2. 0.\n4 4\n")
      #expect(
        throws: DatasetError.invalidValue(
          path: fixture("a/intrinsics.txt"), location: "line 1", found: word,
          expected: "a finite number")
      ) { try DatasetFolder.open(fixture("a")) }
    }
  }
}
