using System.Globalization;
using System.Reflection;
using Google.Protobuf.Reflection;

namespace Hexagram.Protocol.Tests.Specification;

/// <summary>The tables of PROTOCOL.md say what the code says.</summary>
public class TableTests
{
    [Fact]
    public void The_table_of_error_codes_is_the_enumeration()
    {
        var table = Page.Table("## 10.", "code").Select(row => (int.Parse(row[0], CultureInfo.InvariantCulture), row[1]));

        Assert.Equal(Enum.GetValues<ErrorCode>().Where(code => code != ErrorCode.None).Select(code => ((int)code, code.ToString())), table);
    }

    [Fact]
    public void The_table_of_error_codes_tells_an_answer_from_an_end()
    {
        foreach (var row in Page.Table("## 10.", "code"))
        {
            // The hundreds tell them apart: x100 and above answer one msg:R.
            Assert.Equal(int.Parse(row[0], CultureInfo.InvariantCulture) % 1000 >= 100 ? "Error" : "Goodbye", row[2]);
        }
    }

    [Fact]
    public void The_table_of_kinds_is_the_contract()
    {
        var table = Page.Table("### 3.2", "number").Select(row => (int.Parse(row[0], CultureInfo.InvariantCulture), row[1]));

        Assert.Equal(Wire.Packet.Descriptor.Oneofs.Single().Fields.Select(field => (field.FieldNumber, field.MessageType.Name)), table);
    }

    [Fact]
    public void The_table_of_states_is_the_enumeration()
    {
        var table = Page.Table("## 7.", "number").Select(row => (int.Parse(row[0], CultureInfo.InvariantCulture), row[1]));

        Assert.Equal(Enum.GetValues<MessageState>().Select(state => ((int)state, state.ToString().ToLowerInvariant())), table);
    }

    [Fact]
    public void The_table_of_limits_is_the_class()
    {
        var table = Page.Table("## 13.", "constant").ToDictionary(row => row[0], row => Value(row[1]));
        var constants = typeof(ProtocolLimits).GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(field => field.Name, field => field.GetValue(null) switch
            {
                TimeSpan duration => duration.TotalMilliseconds,
                var number => Convert.ToDouble(number, CultureInfo.InvariantCulture),
            });

        Assert.Equal(constants, table);
    }

    [Fact]
    public void The_contract_has_the_same_error_codes_and_states_as_the_code()
    {
        Assert.Equal(Numbers<ErrorCode>(), Numbers(Wire.HexagramReflection.Descriptor.FindTypeByName<EnumDescriptor>("ErrorCode"), "ERROR_CODE_"));
        Assert.Equal(Numbers<MessageState>(), Numbers(Wire.HexagramReflection.Descriptor.FindTypeByName<EnumDescriptor>("MessageState"), "MESSAGE_STATE_"));
        Assert.Equal(Numbers<StreamStart>(), Numbers(Wire.HexagramReflection.Descriptor.FindTypeByName<EnumDescriptor>("StreamStart"), "STREAM_START_"));
    }

    private static IEnumerable<(int, string)> Numbers<T>()
        where T : struct, Enum =>
        Enum.GetValues<T>().Select(value => (Convert.ToInt32(value, CultureInfo.InvariantCulture), value.ToString().ToUpperInvariant()));

    private static IEnumerable<(int, string)> Numbers(EnumDescriptor type, string prefix) =>
        type.Values.Select(value => (value.Number, value.Name[prefix.Length..].Replace("_", "", StringComparison.Ordinal)));

    /// <summary>What a person writes, such as <c>1 MiB</c> or <c>30 days</c>, in bytes, milliseconds or pieces.</summary>
    private static double Value(string text)
    {
        var words = text.Split(' ');
        var number = double.Parse(words[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        return words.ElementAtOrDefault(1) switch
        {
            null => number,
            "KiB" => number * 1024,
            "MiB" => number * 1024 * 1024,
            "ms" => number,
            "s" => number * 1000,
            "min" => number * 60_000,
            "day" or "days" => number * 86_400_000,
            var unit => throw new FormatException($"The table of limits has a unit that this test does not know: {unit}."),
        };
    }
}
