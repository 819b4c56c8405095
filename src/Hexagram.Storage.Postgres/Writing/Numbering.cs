namespace Hexagram.Storage.Postgres.Writing;

/// <summary>Gives each value a number, from 1 on as arrays in SQL count, and equal ones the same.</summary>
internal sealed class Numbering<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _numbers = [];
    private readonly List<T> _values = [];

    /// <summary>The values in the order of their numbers.</summary>
    internal IReadOnlyList<T> Values => _values;

    internal int NumberOf(T value)
    {
        if (!_numbers.TryGetValue(value, out var number))
        {
            _values.Add(value);
            _numbers.Add(value, number = _values.Count);
        }

        return number;
    }
}
