"""Words of questions and answers in German, French and Spanish, and what they are in English."""

# Language → lines of "English: words of that language, without accents". Longer phrases are replaced first.
WORDS = {
    "de": """
        how many: wie viele, wieviele, wie viel, wieviel
        is there: gibt es, gibts
        what size: wie gross, welche grosse
        what is the name of: wie heisst, wie heissen
        what: welche, welcher, welches, welchen, welchem, was fur eine, was fur ein, was
        what is: wie lautet, wie hoch ist
        where: wo, wo liegt, wo befindet sich
        who: wer
        when: wann
        left of: links von, links vom, links neben
        right of: rechts von, rechts vom, rechts neben
        left: links, linke, linken
        right: rechts, rechte, rechten
        above: uber, oberhalb, oberhalb von, oberhalb vom
        below: unter, unterhalb, unterhalb von, unterhalb vom
        top: oben
        bottom: unten
        centre: mitte
        larger than: grosser als
        smaller than: kleiner als
        as many: genauso viele, so viele, ebenso viele, gleich viele
        more: mehr
        fewer: weniger
        than: als
        as: wie
        same: gleiche, gleichen, selbe, selben, dieselbe, gleich
        is: ist
        are: sind
        has: hat, besitzt
        have: haben
        lies: liegt, befindet sich
        do you see: siehst du, sehen sie, sieht man, kann man sehen
        visible: zu sehen
        shows: zeigt, enthalt
        count: zahle, zahl
        number: anzahl, nummer
        the: der, die, das, den, dem, des
        a: ein, eine, einen, einem, einer, eines
        no: kein, keine, keinen, keiner
        not: nicht
        only: nur
        all: alle, aller, jeder, jede, jedes, samtliche
        everything: alles
        and: und
        or: oder
        image: bild, bildes, foto, grafik, zeichnung
        on: auf, am, an
        in: im
        of: von, vom
        this: dieses, diesem, diese, dieser
        background: hintergrund, hintergrunds, hintergrundes, hintergrundfarbe
        colour: farbe
        colours: farben
        different: verschiedene, verschiedenen, unterschiedliche, unterschiedlichen
        kind: art, sorte
        kinds: arten, sorten
        shape: form, figur, objekt, gegenstand
        shapes: formen, figuren, objekte, objekten, gegenstande, dinge
        circle: kreis, kreises
        circles: kreise, kreisen
        square: quadrat, quadrats, quadrates
        squares: quadrate, quadraten
        triangle: dreieck, dreiecks
        triangles: dreiecke, dreiecken
        cross: kreuz, kreuzes
        crosses: kreuze, kreuzen
        star: stern, sterns
        stars: sterne, sternen
        ring: ring, rings
        rings: ringe, ringen
        red: rot, rote, roter, rotes, roten
        yellow: gelb, gelbe, gelber, gelbes, gelben
        green: grun, grune, gruner, grunes, grunen
        cyan: hellblau, hellblaue, hellblauer, hellblaues, hellblauen, turkis, zyan
        blue: blau, blaue, blauer, blaues, blauen
        purple: lila, violett, violette, violetter, violettes, violetten, purpur
        pink: rosa
        orange: orangefarbene, orangen, oranger, orangene
        black: schwarz, schwarze, schwarzer, schwarzes, schwarzen
        grey: grau, graue, grauer, graues, grauen
        white: weiss, weisse, weisser, weisses, weissen
        large: gross, grosse, grosser, grosses, grossen
        small: klein, kleine, kleiner, kleines, kleinen
        largest: grosste, grossten, grosster
        smallest: kleinste, kleinsten, kleinster
        empty: leer
        notice period: kundigungsfrist
        total: gesamtbetrag, gesamtsumme, endbetrag, summe
        subtotal: zwischensumme, nettobetrag
        tax: steuer, mehrwertsteuer, mwst
        invoice number: rechnungsnummer
        invoice date: rechnungsdatum, datum der rechnung
        invoice: rechnung
        due date: falligkeitsdatum, fallig
        date: datum
        customer: kunde, kundin, kaufer
        vendor: verkaufer, lieferant
        provider: anbieter
        first name: vorname
        last name: nachname
        street: strasse
        town: ort, stadt
        phone number: telefonnummer
        date of birth: geburtsdatum
        title: titel
        highest: hochste, hochsten, hochster
        lowest: niedrigste, niedrigsten
        most expensive: teuerste, teuersten
        cheapest: billigste, gunstigste
        dish: gericht
        price: preis
    """,
    "fr": """
        how many: combien de, combien d, combien
        are there: y a t il, il y a
        what: quelle, quel, quelles, quels, que, qu
        what is: qu est ce que c est que, qu est ce qui est
        where: ou se trouve, ou est, ou sont
        who: qui
        when: quand
        left of: a gauche du, a gauche de la, a gauche de l, a gauche de, a gauche des
        right of: a droite du, a droite de la, a droite de l, a droite de, a droite des
        left: a gauche, gauche
        right: a droite, droite
        above: au dessus du, au dessus de la, au dessus de l, au dessus de, sur le dessus de
        below: en dessous du, en dessous de la, en dessous de l, en dessous de, au dessous de, sous
        top: en haut, haut
        bottom: en bas, bas
        centre: milieu
        size: taille
        largest: le plus grand, la plus grande
        smallest: le plus petit, la plus petite
        larger than: plus grand que, plus grande que, plus grand qu, plus grande qu
        smaller than: plus petit que, plus petite que, plus petit qu, plus petite qu
        as many: autant de, autant d
        more: plus de, plus d
        fewer: moins de, moins d
        than: que de, que d
        same: meme, memes
        is: est, est il, est elle
        are: sont, sont ils, sont elles
        is it that: est ce que, est ce qu
        has: a
        do you see: vois tu, voyez vous, voit on
        shows: montre, contient
        count: comptez, compte
        number: nombre, numero
        the: le, la, les, l
        of: de, du, des, d
        a: un, une
        no: aucun, aucune
        not: pas
        only: seulement, uniquement
        all: tous, toutes, tous les, toutes les, chaque
        everything: tout
        and: et
        or: ou
        on: sur
        in: dans, en
        image: photo, dessin
        background: fond, arriere plan
        colour: couleur
        colours: couleurs
        different: differentes, differents
        kind: type, sorte
        kinds: types, sortes
        shape: forme, objet
        shapes: formes, figures, objets
        circle: cercle, rond
        circles: cercles, ronds
        square: carre
        squares: carres
        triangle: triangle
        cross: croix
        star: etoile
        stars: etoiles
        ring: anneau
        rings: anneaux
        red: rouge, rouges
        yellow: jaune, jaunes
        green: vert, verte, verts, vertes
        cyan: turquoise, bleu clair
        blue: bleu, bleue, bleus, bleues
        purple: violet, violette, violets, violettes, pourpre, mauve
        pink: rose, roses
        orange: oranges
        black: noir, noire, noirs, noires
        grey: gris, grise, grises
        white: blanc, blanche, blancs, blanches
        large: grand, grande, grands, grandes, gros, grosse
        small: petit, petite, petits, petites
        empty: vide
        notice period: preavis
        total: montant total, total a payer, somme totale
        subtotal: sous total
        tax: taxe, tva
        invoice number: numero de facture, numero de la facture
        invoice: facture
        date: date
        due date: date d echeance, echeance
        customer: client, cliente, acheteur
        vendor: vendeur, fournisseur
        provider: prestataire
        first name: prenom
        last name: nom de famille
        street: rue
        town: ville
        phone number: numero de telephone
        date of birth: date de naissance
        title: titre
        highest: plus haut, plus haute, plus eleve, plus elevee
        lowest: plus bas, plus basse
        most expensive: plat le plus cher, plus cher, plus chere
        cheapest: moins cher, moins chere
        dish: plat
        price: prix
    """,
    "es": """
        how many: cuantos, cuantas, cuanto
        is there: hay
        what: que, cual, cuales
        where: donde
        who: quien
        when: cuando
        left of: a la izquierda del, a la izquierda de la, a la izquierda de
        right of: a la derecha del, a la derecha de la, a la derecha de
        left: a la izquierda, izquierda
        right: a la derecha, derecha
        above: encima del, encima de la, encima de, por encima de, sobre
        below: debajo del, debajo de la, debajo de, por debajo de
        top: arriba
        bottom: abajo
        size: tamano
        largest: el mas grande, la mas grande, mas grande de
        smallest: el mas pequeno, la mas pequena
        larger than: mas grande que, mayor que
        smaller than: mas pequeno que, mas pequena que, menor que
        as many: tantos, tantas
        as: como
        more: mas
        fewer: menos
        than: que el, que la
        same: mismo, misma, mismos, mismas
        is: es, esta
        are: son, estan
        has: tiene
        have: tienen
        do you see: ves, se ve, se ven
        shows: muestra, contiene
        count: cuenta
        number: numero
        the: el, la, los, las, lo
        of: de, del
        a: un, una, unos, unas
        no: ningun, ninguna, ninguno
        not: no
        only: solo, solamente
        all: todos, todas, todos los, todas las, cada
        everything: todo
        and: y, e
        or: o
        on: sobre el, sobre la
        in: en
        this: este, esta figura, esto
        image: imagen, foto, dibujo
        background: fondo
        colour: color
        colours: colores
        different: diferentes, distintos, distintas
        kind: tipo, clase
        kinds: tipos, clases
        shape: forma, figura, objeto
        shapes: formas, figuras, objetos
        circle: circulo
        circles: circulos
        square: cuadrado
        squares: cuadrados
        triangle: triangulo
        triangles: triangulos
        cross: cruz
        crosses: cruces
        star: estrella
        stars: estrellas
        ring: anillo
        rings: anillos
        red: rojo, roja, rojos, rojas
        orange: naranja, naranjas, anaranjado, anaranjada
        yellow: amarillo, amarilla, amarillos, amarillas
        green: verde, verdes
        cyan: cian, celeste, turquesa
        blue: azul, azules
        purple: morado, morada, morados, moradas, violeta, violetas, purpura
        pink: rosa, rosas, rosado, rosada, rosados, rosadas
        black: negro, negra, negros, negras
        grey: gris, grises
        white: blanco, blanca, blancos, blancas
        large: grande, grandes
        small: pequeno, pequena, pequenos, pequenas
        empty: vacia, vacio
        notice period: plazo de preaviso, preaviso
        total: importe total, total a pagar
        subtotal: subtotal
        tax: impuesto, iva
        invoice number: numero de factura, numero de la factura
        invoice: factura
        date: fecha
        due date: fecha de vencimiento
        customer: cliente, comprador
        vendor: vendedor, proveedor
        first name: nombre de pila
        last name: apellido
        street: calle
        town: ciudad
        phone number: numero de telefono
        date of birth: fecha de nacimiento
        title: titulo
        highest: mas alto, mas alta
        lowest: mas bajo, mas baja
        most expensive: mas caro, mas cara
        cheapest: mas barato, mas barata
        dish: plato
        price: precio
    """,
}
# English → the same in each language; colours as "masculine feminine" (German: "masculine neuter").
ANSWERS = {
    "de": """
        yes: ja; no: nein; none: keine; nothing: nichts; neither: keines von beiden; zero: null; one: eins
        two: zwei; three: drei; four: vier; and: und; same: gleich viele
        red: roter rotes rot; orange: oranger oranges orange; yellow: gelber gelbes gelb
        green: grüner grünes grün; cyan: hellblauer hellblaues hellblau; blue: blauer blaues blau
        purple: violetter violettes violett; pink: rosa rosa rosa
        black: schwarzer schwarzes schwarz; grey: grauer graues grau; white: weißer weißes weiß
        large: großer großes groß; small: kleiner kleines klein
        circle: Kreis m; square: Quadrat f; triangle: Dreieck f; cross: Kreuz f; star: Stern m; ring: Ring m
        circles: Kreise; squares: Quadrate; triangles: Dreiecke; crosses: Kreuze; stars: Sterne; rings: Ringe
        top: oben; bottom: unten; middle: in der Mitte; centre: in der Mitte; left: links; right: rechts
    """,
    "fr": """
        yes: oui; no: non; none: aucun; nothing: rien; neither: ni l'un ni l'autre; zero: zéro; one: un
        two: deux; three: trois; four: quatre; and: et; same: autant
        red: rouge rouge; orange: orange orange; yellow: jaune jaune; green: vert verte; cyan: turquoise turquoise
        blue: bleu bleue; purple: violet violette; pink: rose rose
        black: noir noire; grey: gris grise; white: blanc blanche; large: grand grande; small: petit petite
        circle: cercle m; square: carré m; triangle: triangle m; cross: croix f; star: étoile f; ring: anneau m
        circles: cercles; squares: carrés; triangles: triangles; crosses: croix; stars: étoiles; rings: anneaux
        top: en haut; bottom: en bas; middle: au milieu; centre: au centre; left: à gauche; right: à droite
    """,
    "es": """
        yes: sí; no: no; none: ninguno; nothing: nada; neither: ninguno de los dos; zero: cero; one: uno
        two: dos; three: tres; four: cuatro; and: y; same: el mismo número
        red: rojo roja; orange: naranja naranja; yellow: amarillo amarilla; green: verde verde; cyan: celeste celeste
        blue: azul azul; purple: morado morada; pink: rosa rosa
        black: negro negra; grey: gris gris; white: blanco blanca; large: grande grande; small: pequeño pequeña
        circle: círculo m; square: cuadrado m; triangle: triángulo m; cross: cruz f; star: estrella f; ring: anillo m
        circles: círculos; squares: cuadrados; triangles: triángulos; crosses: cruces; stars: estrellas; rings: anillos
        top: arriba; bottom: abajo; middle: en el centro; centre: en el centro; left: a la izquierda; right: a la derecha
    """,
}
