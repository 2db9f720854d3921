// The made-up world that sample people live in. Order matters: ranks are drawn from a Zipf distribution, so the first
// country and each country's first city are the most common.

/** A country with its cities, most common first, and what sets pay and phone numbers apart there. */
export interface Country {
  readonly name: string;
  readonly cities: readonly string[];
  /** Calling code. */
  readonly dialling: string;
  /** Median yearly pay of a 40-year-old, in whole US dollars. */
  readonly pay: number;
}

export const countries: readonly Country[] = [
  {
    name: "United States",
    cities: ["New York", "Chicago", "Seattle", "Austin", "Boston"],
    dialling: "+1",
    pay: 92_000,
  },
  { name: "Germany", cities: ["Berlin", "Munich", "Hamburg", "Cologne"], dialling: "+49", pay: 71_000 },
  { name: "India", cities: ["Bengaluru", "Mumbai", "Pune", "Chennai"], dialling: "+91", pay: 24_000 },
  { name: "United Kingdom", cities: ["London", "Manchester", "Bristol", "Leeds"], dialling: "+44", pay: 66_000 },
  { name: "Japan", cities: ["Tokyo", "Osaka", "Nagoya"], dialling: "+81", pay: 58_000 },
  { name: "France", cities: ["Paris", "Lyon", "Toulouse"], dialling: "+33", pay: 57_000 },
  { name: "Brazil", cities: ["São Paulo", "Rio de Janeiro", "Curitiba"], dialling: "+55", pay: 27_000 },
  { name: "Canada", cities: ["Toronto", "Montréal", "Vancouver"], dialling: "+1", pay: 74_000 },
  { name: "Spain", cities: ["Madrid", "Barcelona", "Valencia"], dialling: "+34", pay: 44_000 },
  { name: "Australia", cities: ["Sydney", "Melbourne", "Brisbane"], dialling: "+61", pay: 79_000 },
  { name: "South Korea", cities: ["Seoul", "Busan", "Incheon"], dialling: "+82", pay: 55_000 },
  { name: "Switzerland", cities: ["Zürich", "Geneva", "Basel"], dialling: "+41", pay: 112_000 },
  { name: "Nigeria", cities: ["Lagos", "Abuja", "Ibadan"], dialling: "+234", pay: 14_000 },
  { name: "Sweden", cities: ["Stockholm", "Göteborg", "Malmö"], dialling: "+46", pay: 63_000 },
  { name: "Mexico", cities: ["Mexico City", "Guadalajara", "Monterrey"], dialling: "+52", pay: 25_000 },
  { name: "Poland", cities: ["Warsaw", "Kraków", "Wrocław"], dialling: "+48", pay: 37_000 },
];

export const givenNames = [
  "Aiko",
  "Amara",
  "Anna",
  "Arjun",
  "Ben",
  "Camille",
  "Chidi",
  "Clara",
  "Daniel",
  "Diego",
  "Elena",
  "Emma",
  "Fatima",
  "Felix",
  "Grace",
  "Hana",
  "Hugo",
  "Ines",
  "Ivan",
  "Jonas",
  "Julia",
  "Kavya",
  "Lars",
  "Leila",
  "Liam",
  "Lucia",
  "Maja",
  "Mateo",
  "Min-jun",
  "Nadia",
  "Noah",
  "Olga",
  "Omar",
  "Priya",
  "Rafael",
  "Sara",
  "Sofia",
  "Tomasz",
  "Yuki",
  "Zoe",
] as const;

export const familyNames = [
  "Abe",
  "Andersson",
  "Baker",
  "Bauer",
  "Carvalho",
  "Chen",
  "Costa",
  "Davies",
  "Dubois",
  "Eze",
  "Fischer",
  "Garcia",
  "Gupta",
  "Hall",
  "Ito",
  "Jensen",
  "Kim",
  "Kowalski",
  "Larsson",
  "Lee",
  "Lopez",
  "Martin",
  "Meyer",
  "Moreau",
  "Nguyen",
  "Novak",
  "O'Brien",
  "Okafor",
  "Park",
  "Patel",
  "Petrov",
  "Reyes",
  "Rossi",
  "Sato",
  "Schmidt",
  "Silva",
  "Singh",
  "Smith",
  "Weber",
  "Wilson",
] as const;

export const streets = [
  "Birch Lane",
  "Canal Street",
  "Castle Road",
  "Garden Avenue",
  "Harbour Way",
  "Hill Street",
  "Linden Road",
  "Market Square",
  "Mill Lane",
  "Station Road",
] as const;

/** Most common first. */
export const eyeColors = ["Brown", "Blue", "Green", "Hazel", "Gray", "Amber"] as const;

/** Most common first. */
export const favoriteColors = [
  "Blue",
  "Green",
  "Red",
  "Purple",
  "Black",
  "Orange",
  "Yellow",
  "White",
  "Teal",
  "Pink",
] as const;
